(function () {
  var root = document.documentElement;
  function each(selector, act) { Array.prototype.forEach.call(document.querySelectorAll(selector), act); }
  function language(lang) {
    root.setAttribute('data-lang', lang);
    root.lang = lang === 'zh' ? 'zh-CN' : 'en';
    each('option[data-en], title[data-en]', function (node) { node.textContent = node.getAttribute('data-' + lang); });
  }
  function show(group, name) {
    each('[data-group="' + group + '"]', function (panel) {
      panel.classList.toggle('on', panel.getAttribute('data-panel') === name);
    });
  }
  each('[data-set-lang]', function (button) {
    button.addEventListener('click', function () { language(button.getAttribute('data-set-lang')); });
  });
  each('[data-switch]', function (list) {
    function change() { show(list.getAttribute('data-switch'), list.value); }
    list.addEventListener('change', change);
    change();
  });
  each('[data-print]', function (button) { button.addEventListener('click', function () { window.print(); }); });
  window.addEventListener('beforeprint', function () {
    each('details:not(.screen-only)', function (part) { part.open = true; });
  });
  var asked = /[?#&]lang=(en|zh)/.exec(location.href);
  if (asked) { language(asked[1]); }
})();
