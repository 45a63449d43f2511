// What is ticked in a list stays ticked from page to page, as long as the tab is
// open: a form with data-selection names the list. Without script, what is ticked
// on the page is sent.
(() => {
  'use strict';
  const find = () => document.querySelector('form[data-selection]');
  const boxes = (form) => [...form.querySelectorAll('input[type=checkbox][name=id]')];
  const key = (form) => 'selection ' + form.dataset.selection;
  const read = (form) => new Set(JSON.parse(sessionStorage.getItem(key(form)) ?? '[]'));
  const write = (form, chosen) => sessionStorage.setItem(key(form), JSON.stringify([...chosen]));

  const say = (form, chosen) => {
    const here = boxes(form).filter((b) => b.checked).length;
    const words = form.querySelector('[data-selection-words]');
    words.textContent = chosen.size === 0 ? 'None ticked' :
      chosen.size + ' ticked' + (chosen.size > here ? ', ' + (chosen.size - here) + ' of them not on this page' : '');
    form.querySelectorAll('[data-selection-clear], [data-ticked]').forEach((b) => { b.hidden = chosen.size === 0; });
    form.querySelector('.selection').classList.toggle('idle', chosen.size === 0);
  };

  const paint = () => {
    const form = find();
    if (!form || form.dataset.painted) return;
    form.dataset.painted = 'yes';
    const chosen = read(form);
    boxes(form).forEach((b) => { b.checked = chosen.has(b.value); });
    boxes(form)[0]?.dispatchEvent(new Event('change', { bubbles: true })); // for the box in the head
    say(form, chosen);
  };

  document.addEventListener('change', (e) => {
    const form = e.target.closest('form[data-selection]');
    if (!form) return;
    const chosen = read(form);
    boxes(form).forEach((b) => (b.checked ? chosen.add(b.value) : chosen.delete(b.value)));
    write(form, chosen);
    say(form, chosen);
  });

  document.addEventListener('click', (e) => {
    if (!e.target.closest('[data-selection-clear]')) return;
    const form = find();
    write(form, []);
    delete form.dataset.painted;
    paint();
  });

  // Those on other pages are sent too. What is done with them is asked elsewhere:
  // the list begins anew.
  document.addEventListener('submit', (e) => {
    const form = e.target.closest('form[data-selection]');
    const what = e.submitter?.value;
    if (!form || what === 'all') return;
    const here = boxes(form).map((b) => b.value);
    form.querySelectorAll('[data-selection-other]').forEach((i) => i.remove());
    read(form).forEach((id) => {
      if (here.includes(id)) return;
      const input = Object.assign(document.createElement('input'), { type: 'hidden', name: 'id', value: id });
      input.dataset.selectionOther = '';
      form.append(input);
    });
    if (what === 'ticked') write(form, []);
  });

  new MutationObserver(paint).observe(document.body, { childList: true, subtree: true });
  addEventListener('pageshow', () => { delete find()?.dataset.painted; paint(); });
  paint();
})();
