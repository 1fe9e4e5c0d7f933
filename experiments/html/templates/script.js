(function () {
  var root = document.documentElement, PREFIX = 'cogov ' + location.pathname + ' ';
  function each(selector, act) { Array.prototype.forEach.call(document.querySelectorAll(selector), act); }
  // A reload shows what was shown; a page opened from disk may be refused its storage, and then starts as it was written.
  function remember(key, value) { try { sessionStorage.setItem(PREFIX + key, value); } catch (refused) { return; } }
  function recalled(key) { try { return sessionStorage.getItem(PREFIX + key); } catch (refused) { return null; } }
  function language(lang) {
    root.setAttribute('data-lang', lang);
    root.lang = lang === 'zh' ? 'zh-CN' : 'en';
    each('option[data-en], title[data-en]', function (node) { node.textContent = node.getAttribute('data-' + lang); });
    each('[data-label-en]', function (node) { node.setAttribute('aria-label', node.getAttribute('data-label-' + lang)); });
    each('[data-set-lang]', function (button) {
      button.setAttribute('aria-pressed', button.getAttribute('data-set-lang') === lang ? 'true' : 'false');
    });
  }
  function show(group, name) {
    each('[data-group="' + group + '"]', function (panel) {
      panel.classList.toggle('on', panel.getAttribute('data-panel') === name);
    });
  }
  each('[data-set-lang]', function (button) {
    button.addEventListener('click', function () {
      language(button.getAttribute('data-set-lang'));
      remember('lang', button.getAttribute('data-set-lang'));
    });
  });
  each('[data-switch]', function (list) {
    var group = list.getAttribute('data-switch'), before = recalled('show ' + group);
    if (before && Array.prototype.some.call(list.options, function (option) { return option.value === before; })) { list.value = before; }
    list.addEventListener('change', function () { show(group, list.value); remember('show ' + group, list.value); });
    show(group, list.value);
  });
  each('[data-print]', function (button) { button.addEventListener('click', function () { window.print(); }); });
  window.addEventListener('beforeprint', function () {
    each('details:not(.screen-only)', function (part) { part.open = true; });
  });
  if (window.matchMedia && matchMedia('(max-width: 820px)').matches) {
    each('.contents details', function (part) { part.open = false; });
  }
  var asked = /[?#&]lang=(en|zh)/.exec(location.href);
  language(recalled('lang') || (asked && asked[1]) || root.getAttribute('data-lang'));
})();
