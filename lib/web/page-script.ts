/**
 * The page's script, served as it is: it keeps the tables and the feed up to date. It writes text nodes only, so nothing
 * that a repository or a cluster says can become markup.
 */
export const script: string = `
const kinds = ['Kustomization', 'GitRepository', 'Bucket', 'Receiver']
// Nothing happens to these; they are shown where something is wrong with them.
const quietKinds = ['Provider', 'Alert']
const state = JSON.parse(document.getElementById('state').textContent)
const seen = new Set(state.events.map((event) => event.id))
const versions = new Map()
const maxEvents = 200

function element(name, attributes, ...children) {
  const node = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value)
  node.append(...children.map((child) => (typeof child === 'string' ? document.createTextNode(child) : child)))
  return node
}

function ago(time) {
  const seconds = Math.max(0, Math.round((Date.now() - Date.parse(time)) / 1000))
  if (seconds < 60) return seconds + ' s ago'
  if (seconds < 3600) return Math.round(seconds / 60) + ' min ago'
  return seconds < 86400 ? Math.round(seconds / 3600) + ' h ago' : Math.round(seconds / 86400) + ' d ago'
}

// Also within messages: nobody reads 40 digits.
function shortRevision(text) {
  return text.replace(/(sha1|sha256):([0-9a-f]{8})[0-9a-f]+/g, '$1:$2')
}

function duration(ms) {
  return ms < 1000 ? ms + ' ms' : (ms / 1000).toFixed(1) + ' s'
}

function safeLink(url) {
  return typeof url === 'string' && /^https?:/.test(url) ? url : undefined
}

function revisionPart(object) {
  const code = element('code', { title: object.revision }, shortRevision(object.revision))
  const url = safeLink(object.commit && object.commit.url)
  const part = element('div', { class: 'revision' }, url ? element('a', { href: url, rel: 'noreferrer' }, code) : code)
  if (object.commit) part.append(element('small', {}, object.commit.subject + ' (' + object.commit.author + ')'))
  return part
}

function changePart(object) {
  const change = object.lastChange
  if (!change || change.changes.length === 0) return element('div', { class: 'change' })
  const counts = { ...change.omittedChanges }
  for (const { action } of change.changes) counts[action] = (counts[action] || 0) + 1
  const text = Object.entries(counts).map(([action, count]) => count + ' ' + action).join(', ')
  const what = change.changes.map(({ subject, action }) => subject + ' ' + action).join('\\n')
  return element('div', { class: 'change', title: what },
    text + ' ', change.isDrift ? element('span', { class: 'drift' }, 'drift repaired') : '',
    element('small', { title: change.at }, ago(change.at)))
}

function stateOf(object) {
  return object.isSuspended ? 'Suspended' : object.ready
}

function objectRow(object) {
  const shown = stateOf(object)
  const label = { True: 'Ready', False: object.isStalled ? 'Stalled' : 'Failed', Unknown: 'In progress', Suspended: 'Suspended' }[shown]
  const took = object.lastRun ? element('small', {}, 'in ' + duration(object.lastRun.durationMs)) : ''
  const node = element('li', { class: 'object', 'data-state': shown },
    element('div', {}, element('span', { class: 'state', 'data-state': shown }, label), took),
    element('div', { class: 'name' }, element('b', {}, object.name), element('small', {}, object.kind + ' · ' + object.namespace)),
    revisionPart(object), changePart(object))
  if (object.ready !== 'True') node.append(element('p', { class: 'message' }, shortRevision(object.message)))
  const key = [object.cluster, object.kind, object.namespace, object.name].join('/')
  const version = object.revision + object.ready + object.message
  if (versions.has(key) && versions.get(key) !== version) node.setAttribute('data-fresh', '')
  versions.set(key, version)
  return node
}

// What needs a person comes first, then what is under way.
const urgency = { False: 0, Unknown: 1, Suspended: 2, True: 3 }

function rankOf(kind) {
  return kinds.includes(kind) ? kinds.indexOf(kind) : kinds.length
}

function clusterCard(cluster) {
  const own = state.objects.filter((object) => object.cluster === cluster.name && (object.ready !== 'True' || !quietKinds.includes(object.kind)))
  own.sort((a, b) => urgency[stateOf(a)] - urgency[stateOf(b)] || rankOf(a.kind) - rankOf(b.kind) || a.name.localeCompare(b.name, undefined, { numeric: true }))
  return element('article', { class: 'cluster' },
    element('h2', {}, cluster.name + ' ', element('small', {}, cluster.connection + ' · ' + cluster.tenancy)),
    element('p', { class: 'count', 'data-failed': String(cluster.failedCount > 0) },
      cluster.readyCount + ' of ' + cluster.objectCount + ' ready' + (cluster.failedCount > 0 ? ', ' + cluster.failedCount + ' failed' : '')),
    element('ul', { class: 'objects' }, ...own.map(objectRow)))
}

function drawClusters() {
  document.getElementById('clusters').replaceChildren(...state.clusters.map(clusterCard))
  const failed = state.objects.filter((object) => object.ready === 'False').length
  document.getElementById('summary').textContent = count(state.clusters.length, 'cluster') + ', ' +
    count(state.objects.length, 'object') + ', ' + (failed === 0 ? 'none failed' : failed + ' failed')
  document.title = (failed === 0 ? '' : '✗ ' + failed + ' · ') + 'Driftless'
}

function count(number, noun) {
  return number + ' ' + noun + (number === 1 ? '' : 's')
}

function toneOf(event) {
  if (event.severity === 'error') return 'error'
  if (event.isDrift) return 'drift'
  return event.changes && event.changes.length > 0 ? 'change' : 'routine'
}

function eventItem(event) {
  const { kind, namespace, name } = event.involvedObject
  const node = element('li', { 'data-tone': toneOf(event) },
    element('time', { datetime: event.timestamp, title: event.timestamp }, new Date(event.timestamp).toLocaleTimeString()), ' ',
    element('b', { title: kind + '/' + namespace + '/' + name }, event.cluster + ' · ' + kind + '/' + name), ' ',
    element('span', { class: 'reason' }, event.reason), ' ',
    event.isDrift ? element('span', { class: 'drift' }, 'drift repaired') : '')
  const commit = event.commit
  if (commit) node.append(element('small', {}, commit.subject + ' (' + commit.author + ')'))
  node.append(element('pre', {}, shortRevision(event.message.trimEnd())))
  return node
}

// Of runs that found nothing to do only the last of each object is shown.
function withoutRepeats(events) {
  const finished = new Set()
  return events.filter((event) => {
    if (event.metadata.commit_status !== 'update') return true
    const { kind, namespace, name } = event.involvedObject
    const key = [event.cluster, kind, namespace, name].join('/')
    if (finished.has(key)) return false
    finished.add(key)
    return true
  })
}

function drawEvents() {
  state.events = withoutRepeats(state.events)
  document.getElementById('events').replaceChildren(...state.events.map(eventItem))
}

async function refresh() {
  const read = async (path) => {
    const response = await fetch('/api/v1/' + path)
    if (!response.ok) throw new Error(path + ' answered ' + response.status)
    return (await response.json()).items
  }
  const [clusters, objects] = await Promise.all([read('clusters'), read('objects')])
  Object.assign(state, { clusters, objects })
  drawClusters()
}

let pending
function refreshSoon() {
  clearTimeout(pending)
  pending = setTimeout(() => refresh().catch(() => live(false)), 100)
}

function live(isLive) {
  const badge = document.getElementById('connection')
  badge.textContent = isLive ? 'live' : 'reconnecting'
  badge.dataset.live = String(isLive)
}

const feed = new EventSource('/api/v1/feed')
feed.onopen = () => { live(true); refreshSoon() }
feed.onerror = () => live(false)
feed.onmessage = (message) => {
  const event = JSON.parse(message.data)
  refreshSoon()
  if (seen.has(event.id)) return
  seen.add(event.id)
  state.events = withoutRepeats([event, ...state.events]).slice(0, maxEvents)
  drawEvents()
}
setInterval(refreshSoon, 5000)
drawClusters()
drawEvents()
`
