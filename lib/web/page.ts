import { Hono } from 'hono'
import { html, raw } from 'hono/html'
import { secureHeaders } from 'hono/secure-headers'
import { shortRevision } from '../artifact/revision.ts'
import type { ClusterView, ObjectView, Operations } from '../reconcile/operations.ts'
import type { Event } from '../status/event.ts'
import { script } from './page-script.ts'
import { style } from './page-style.ts'

/**
 * The page at `/`: clusters, their Kustomizations and sources, and a feed of what happens. It comes whole from the
 * server, and a script of its own then follows the feed; texts from clusters and repositories are only ever text.
 */
export function createPage(operations: Operations): Hono {
  const page = new Hono()
  page.use(
    '*',
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        connectSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    }),
  )
  page.get('/', async (c) => c.html(await render(operations)))
  page.get('/page.css', (c) => c.body(style, 200, { 'content-type': 'text/css; charset=utf-8' }))
  page.get('/page.js', (c) =>
    c.body(script, 200, { 'content-type': 'text/javascript; charset=utf-8' }),
  )
  return page
}

async function render(operations: Operations) {
  const [clusters, objects, events] = await Promise.all([
    operations.clusters(),
    operations.objects({}),
    operations.events({ limit: 100, isEventful: true }),
  ])
  const state = { clusters, objects, events }
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Driftless</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/page.css" />
      </head>
      <body>
        <header>
          <h1>Driftless</h1>
          <p id="summary">${summaryOf(clusters)}</p>
          <p id="connection" class="badge" role="status">connecting</p>
        </header>
        <main>
          <section id="clusters" aria-label="Clusters">
            ${clusters.map((cluster) => renderCluster(cluster, objects))}
          </section>
          <section id="feed" aria-label="What happens">
            <h2>What happens</h2>
            <ol id="events">
              ${events.map(renderEvent)}
            </ol>
          </section>
        </main>
        <script type="application/json" id="state">
          ${raw(scriptSafe(state))}
        </script>
        <script src="/page.js" defer></script>
        <noscript><p class="note">Without scripts this page stays as it was loaded.</p></noscript>
      </body>
    </html>`
}

function renderCluster(cluster: ClusterView, objects: readonly ObjectView[]) {
  const own = objects.filter((object) => object.cluster === cluster.name && isShown(object))
  return html`<article class="cluster">
    <h2>${cluster.name} <small>${cluster.connection} · ${cluster.tenancy}</small></h2>
    <p class="count">${cluster.readyCount} of ${cluster.objectCount} ready</p>
    <ul class="objects">
      ${own.map(renderObject)}
    </ul>
  </article>`
}

/** Nothing happens to Providers and Alerts; they are shown where something is wrong with them. */
function isShown({ kind, ready }: ObjectView): boolean {
  return ready !== 'True' || (kind !== 'Provider' && kind !== 'Alert')
}

const labels = { True: 'Ready', False: 'Failed', Unknown: 'In progress' } as const

function renderObject(object: ObjectView) {
  const state = object.isSuspended ? 'Suspended' : object.ready
  const label = object.isSuspended ? 'Suspended' : labels[object.ready]
  return html`<li class="object" data-state="${state}">
    <div><span class="state" data-state="${state}">${label}</span></div>
    <div class="name"><b>${object.name}</b><small>${object.kind} · ${object.namespace}</small></div>
    <div class="revision">
      <code>${shortRevision(object.revision)}</code><small>${object.commit?.subject ?? ''}</small>
    </div>
    <div class="change"><small>${object.lastChange?.at ?? ''}</small></div>
    ${object.ready === 'True' ? '' : html`<p class="message">${object.message}</p>`}
  </li>`
}

function renderEvent(event: Event) {
  const { kind, name } = event.involvedObject
  return html`<li data-tone="${event.severity === 'error' ? 'error' : 'routine'}">
    <time>${event.timestamp}</time>
    <b>${event.cluster} · ${kind}/${name}</b> <span class="reason">${event.reason}</span>
    <pre>${event.message.trimEnd()}</pre>
  </li>`
}

function summaryOf(clusters: readonly ClusterView[]): string {
  const total = clusters.reduce((sum, { objectCount }) => sum + objectCount, 0)
  const failed = clusters.reduce((sum, { failedCount }) => sum + failedCount, 0)
  return `${clusters.length} clusters, ${total} objects, ${failed} failed`
}

/** JSON that cannot end the script element it stands in. */
function scriptSafe(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c').replaceAll('\u2028', '\\u2028')
}
