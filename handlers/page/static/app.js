// What script adds to pages that work without it. Each part looks for its own
// attribute and does nothing where there is none.
(() => {
  'use strict';
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // Menus close on Escape, on a press outside, and when the focus leaves them.
  const closeMenus = (except) => all('details.menu[open]').forEach((menu) => { if (menu !== except) menu.open = false; });
  document.addEventListener('click', (e) => closeMenus(e.target.closest('details.menu')));
  document.addEventListener('focusin', (e) => closeMenus(e.target.closest('details.menu')));
  document.addEventListener('toggle', (e) => {
    if (e.target.matches('details.menu[open]')) e.target.querySelector('[data-filter]')?.focus();
  }, true);

  const drawerOpen = () => location.hash === '#nav';
  document.addEventListener('keydown', (e) => {
    if (e.key === 'Escape') {
      const menu = document.querySelector('details.menu[open]');
      if (menu) {
        menu.open = false;
        menu.querySelector('summary').focus();
      } else if (drawerOpen()) {
        location.hash = '#nav-open';
      }
    }
    const typing = e.target.closest('input, textarea, select, [contenteditable]');
    if (e.key === '/' && !typing && !e.ctrlKey && !e.metaKey && !e.altKey) {
      const search = document.querySelector('[data-search]');
      if (search) {
        e.preventDefault();
        search.select();
        search.focus();
      }
    }
  });

  // Behind the drawer nothing can be reached.
  const phone = matchMedia('(max-width: 51.99rem)');
  const holdBehind = () => all('.skip, header.top, main').forEach((part) => { part.inert = drawerOpen() && phone.matches; });
  addEventListener('hashchange', () => {
    holdBehind();
    if (location.hash === '#nav-open') document.getElementById('nav-open').focus();
  });
  phone.addEventListener('change', holdBehind);
  holdBehind();

  // Filter as you type: of a list, what has all words stays. A parent stays with its child.
  all('[data-filter]').forEach((input) => {
    input.closest('[hidden]')?.removeAttribute('hidden');
    const list = document.querySelector(input.dataset.filter);
    const none = list.parentElement.querySelector('[data-none]');
    input.addEventListener('input', () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      all('li', list).reverse().forEach((li) => {
        const text = li.querySelector('[data-words]').dataset.words.toLowerCase();
        li.hidden = !words.every((w) => text.includes(w)) && !li.querySelector('li:not([hidden])');
      });
      none.textContent = list.querySelector('li:not([hidden])') ? '' : none.dataset.none || 'No account has that name.';
    });
    input.addEventListener('keydown', (e) => {
      if (e.key !== 'Enter') return;
      if (input.form) e.preventDefault(); // it is not what the form asks
      const words = input.value.trim();
      if (words) (all('li:not([hidden]) > a', list).find((a) => !a.parentElement.querySelector('ul')) ?? list.querySelector('a'))?.click();
    });
  });

  // A link to a question opens it in place; when that cannot be, it is a link.
  const ask = async (link) => {
    const answer = await fetch(link.href, { headers: { Accept: 'text/html' } });
    const body = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('[data-dialog-body]');
    if (!answer.ok || !body) throw new Error('no question');
    const dialog = document.createElement('dialog');
    const title = body.querySelector('h1');
    title.id = 'dialog-title';
    dialog.setAttribute('aria-labelledby', title.id);
    dialog.append(document.adoptNode(body));
    document.body.append(dialog);
    dialog.addEventListener('close', () => { dialog.remove(); link.focus(); });
    dialog.addEventListener('click', (e) => {
      if (e.target !== dialog && !e.target.closest('[data-cancel]')) return;
      e.preventDefault();
      dialog.close();
    });
    enhance(dialog);
    dialog.showModal();
    (dialog.querySelector('input:not([type=hidden])') ?? dialog.querySelector('[data-cancel]') ?? dialog).focus();
  };
  document.addEventListener('click', (e) => {
    const link = e.target.closest('a[data-dialog]');
    if (!link || e.ctrlKey || e.metaKey || e.shiftKey) return;
    e.preventDefault();
    ask(link).catch(() => { location.href = link.href; });
  });

  // A form is sent once. The button stays enabled, so that its value is sent too.
  document.addEventListener('submit', (e) => {
    if (e.target.getAttribute('aria-busy') === 'true') e.preventDefault();
    else if (!e.defaultPrevented && e.target.method === 'post' && !('download' in (e.submitter ?? e.target).dataset) && !('download' in e.target.dataset)) e.target.setAttribute('aria-busy', 'true');
  });
  addEventListener('pageshow', () => all('form[aria-busy]').forEach((form) => form.removeAttribute('aria-busy')));

  const reveal = (button) => {
    const input = document.getElementById(button.dataset.reveal);
    const show = (on) => { input.type = on ? 'text' : 'password'; button.setAttribute('aria-pressed', on); };
    button.hidden = false;
    button.addEventListener('click', () => show(input.type === 'password'));
    input.form?.addEventListener('submit', () => show(false)); // browsers then offer to keep it
  };

  const copy = (button) => {
    const words = button.querySelector('span');
    button.hidden = !navigator.clipboard;
    const code = button.parentElement.querySelector('code');
    button.addEventListener('click', () => navigator.clipboard.writeText(code.textContent).then(() => {
      words.setAttribute('role', 'status');
      words.textContent = 'Copied';
    }, () => getSelection().selectAllChildren(code))); // not allowed: select it, one key is left
  };

  // "Select all" is a button in a group of options, or the checkbox in a table's head.
  const selectAll = (control) => {
    const boxes = () => all('input[type=checkbox]:not(:disabled):not([data-select-all])', control.closest('.choice-group, table'));
    const box = control.type === 'checkbox';
    const show = () => {
      const on = boxes().filter((b) => b.checked).length;
      const every = on > 0 && on === boxes().length;
      if (box) Object.assign(control, { checked: every, indeterminate: on > 0 && !every });
      else control.firstChild.data = every ? 'Select none' : 'Select all';
      return every;
    };
    control.hidden = false;
    control.closest('.choice-group, table').addEventListener('change', (e) => { if (e.target !== control) show(); });
    control.addEventListener('click', () => {
      const on = box ? control.checked : !show();
      boxes().forEach((b) => { b.checked = on; });
      show();
    });
    show();
  };

  const enhance = (root) => {
    all('[data-reveal]', root).forEach(reveal);
    all('[data-copy]', root).forEach(copy);
    all('[data-select-all]', root).forEach(selectAll);
  };
  enhance(document);
  document.querySelector('[data-errors]')?.focus();
})();
