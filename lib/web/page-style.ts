/** The page's only style sheet: light and dark, from narrow to wide. */
export const style: string = `
:root { color-scheme: light dark;
  --ink: light-dark(#16202a, #e6edf3); --soft: light-dark(#5b6773, #93a1af); --paper: light-dark(#f6f8fa, #0e141b);
  --card: light-dark(#ffffff, #161d26); --line: light-dark(#dfe5eb, #27313c);
  --good: light-dark(#12805c, #3fce9a); --bad: light-dark(#c0392b, #ff7b6b); --busy: light-dark(#9a6b00, #e8b64c); --idle: light-dark(#6b7785, #8b98a5); }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
header { display: flex; align-items: baseline; gap: 1rem; padding: 1rem 1.5rem; border-bottom: 1px solid var(--line); background: var(--card); position: sticky; top: 0; z-index: 1; }
h1 { font-size: 1.25rem; margin: 0; letter-spacing: -0.01em; }
h2 { font-size: 1.05rem; margin: 0 0 .75rem; }
small { color: var(--soft); font-weight: 400; }
#summary { margin: 0; color: var(--soft); flex: 1; }
.badge { margin: 0; font-size: .8rem; padding: .1rem .6rem; border-radius: 1rem; border: 1px solid var(--line); color: var(--soft); }
.badge[data-live="true"] { color: var(--good); border-color: currentColor; }
.badge[data-live="false"] { color: var(--bad); border-color: currentColor; }
main { display: grid; grid-template-columns: minmax(0, 3fr) minmax(20rem, 2fr); gap: 1.25rem; padding: 1.25rem 1.5rem; align-items: start; }
@media (max-width: 70rem) { main { grid-template-columns: minmax(0, 1fr); } }
.cluster, #feed { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: 1rem 1.25rem; margin-bottom: 1.25rem; }
.cluster { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th { text-align: left; color: var(--soft); font-weight: 500; font-size: .8rem; padding: .25rem .75rem .25rem 0; white-space: nowrap; }
td { padding: .5rem .75rem .5rem 0; border-top: 1px solid var(--line); vertical-align: top; }
td small { display: block; }
td.when { white-space: nowrap; }
td.message { overflow-wrap: anywhere; min-width: 14rem; color: var(--soft); }
tr[data-fresh] td { animation: fresh 1.6s ease-out; }
@keyframes fresh { from { background: color-mix(in srgb, var(--good) 18%, transparent); } }
@media (prefers-reduced-motion: reduce) { tr[data-fresh] td { animation: none; } }
code { font: .85em/1.4 ui-monospace, monospace; white-space: nowrap; }
td small { max-width: 16rem; }
a { color: inherit; }
.state { font-size: .8rem; padding: .1rem .5rem; border-radius: 1rem; border: 1px solid currentColor; color: var(--idle); white-space: nowrap; }
.state[data-state="True"] { color: var(--good); } .state[data-state="False"] { color: var(--bad); } .state[data-state="Unknown"] { color: var(--busy); }
#events { list-style: none; margin: 0; padding: 0; max-height: 75vh; overflow-y: auto; }
#events li { border-top: 1px solid var(--line); padding: .5rem 0 .5rem .75rem; border-left: 3px solid transparent; }
#events li[data-severity="error"] { border-left-color: var(--bad); }
#events li[data-severity="info"] { border-left-color: var(--good); }
#events time { color: var(--soft); font-size: .8rem; margin-right: .5rem; }
#events .reason { color: var(--soft); font-size: .85rem; }
pre { margin: .2rem 0 0; white-space: pre-wrap; overflow-wrap: anywhere; font: .85em/1.45 ui-monospace, monospace; max-height: 14rem; overflow-y: auto; }
.note { padding: 0 1.5rem; color: var(--soft); }
`
