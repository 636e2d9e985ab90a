/** KiB of the entry with its static imports; issue 4, point 3. `bucket` only takes note, as the webhook does. */
export const staticBudgetKib: Readonly<Record<string, number>> = {
  webhook: 80,
  bucket: 80,
  notify: 360,
  drift: 470,
  api: 500,
  reconcile: 700,
}

export const lazyBudgetKib = 600

/** Milliseconds of import over bare node. */
export const importBudgetMs: Readonly<Record<string, number>> = { webhook: 20, reconcile: 120 }
