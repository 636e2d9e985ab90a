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
.cluster h2 { display: inline-block; margin-right: .75rem; }
.count { display: inline-block; margin: 0; color: var(--soft); font-size: .85rem; }
.count[data-failed="true"] { color: var(--bad); }
.objects { list-style: none; margin: .25rem 0 0; padding: 0; }
.object { display: grid; grid-template-columns: 6.5rem minmax(0, 4fr) minmax(0, 5fr) minmax(0, 4fr); gap: .15rem 1rem; padding: .55rem 0 .55rem .75rem; border-top: 1px solid var(--line); border-left: 3px solid transparent; margin-left: -.9rem; }
.object[data-state="False"] { border-left-color: var(--bad); } .object[data-state="Unknown"] { border-left-color: var(--busy); }
.object small { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.object b { overflow-wrap: anywhere; }
.object .message { grid-column: 2 / -1; margin: .15rem 0 0; overflow-wrap: anywhere; white-space: pre-wrap; max-height: 9rem; overflow-y: auto; font-size: .9rem; }
.object[data-state="False"] .message { color: var(--bad); }
.object[data-fresh] { animation: fresh 1.6s ease-out; }
@keyframes fresh { from { background: color-mix(in srgb, var(--good) 18%, transparent); } }
@media (prefers-reduced-motion: reduce) { .object[data-fresh] { animation: none; } }
@media (max-width: 42rem) { main { padding: 1rem .75rem; } header { padding: .75rem; flex-wrap: wrap; gap: .25rem .75rem; }
  .object { grid-template-columns: 6.5rem minmax(0, 1fr); } .object .revision, .object .change { grid-column: 2; } }
code { font: .85em/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }
a { color: inherit; }
.state { font-size: .8rem; padding: .1rem .5rem; border-radius: 1rem; border: 1px solid currentColor; color: var(--idle); white-space: nowrap; }
.state[data-state="True"] { color: var(--good); } .state[data-state="False"] { color: var(--bad); } .state[data-state="Unknown"] { color: var(--busy); }
.drift { color: var(--busy); font-size: .8rem; white-space: nowrap; }
#events { list-style: none; margin: 0; padding: 0; max-height: 80vh; overflow-y: auto; }
#events li { border-top: 1px solid var(--line); padding: .45rem 0 .45rem .75rem; border-left: 3px solid var(--line); overflow-wrap: anywhere; }
#events li[data-tone="error"] { border-left-color: var(--bad); } #events li[data-tone="change"] { border-left-color: var(--good); }
#events li[data-tone="drift"] { border-left-color: var(--busy); }
#events b { font-weight: 600; font-size: .95rem; }
#events time { color: var(--soft); font-size: .8rem; }
#events small { display: block; }
#events .reason { color: var(--soft); font-size: .85rem; }
pre { margin: .2rem 0 0; white-space: pre-wrap; overflow-wrap: anywhere; font: .85em/1.45 ui-monospace, monospace; max-height: 14rem; overflow-y: auto; }
.note { padding: 0 1.5rem; color: var(--soft); }
`
