// How far something is: a box with data-events is told by server-sent events, while
// somebody looks at the page. When it is over, the page has something else to show.
(() => {
  'use strict';
  document.querySelectorAll('[data-events]').forEach((box) => {
    let source;
    const show = (p) => {
      box.querySelector('[data-words]').textContent = p.words;
      box.querySelector('progress').value = p.percent;
      (p.counts ?? []).forEach((c) => {
        const place = document.querySelector(`[data-count="${c.key}"]`);
        if (place) place.textContent = c.value;
      });
    };
    const close = () => { source?.close(); source = undefined; };
    const open = () => {
      if (source || document.hidden) return;
      source = new EventSource(box.dataset.events);
      source.addEventListener('open', () => { box.querySelector('[data-reload]').hidden = true; });
      source.addEventListener('progress', (e) => show(JSON.parse(e.data)));
      source.addEventListener('over', () => {
        close();
        location.reload();
      });
      source.addEventListener('error', () => { // it tries again by itself, unless it was refused
        box.querySelector('[data-reload]').hidden = false;
        if (source?.readyState === EventSource.CLOSED) close();
      });
    };
    document.addEventListener('visibilitychange', () => (document.hidden ? close() : open()));
    addEventListener('pagehide', close);
    addEventListener('pageshow', (e) => { if (e.persisted) open(); });
    open();
  });
})();
