// What is nicer with a script; every page works without it.
(function () {
  document.querySelectorAll("time").forEach(function (t) {
    t.textContent = new Date(t.dateTime).toLocaleString();
  });
  // the provider list narrows while one types
  var q = document.getElementById("q"), list = document.getElementById("list");
  if (q && list) q.addEventListener("input", function () {
    var word = q.value.toLowerCase();
    list.querySelectorAll("label").forEach(function (l) { l.hidden = l.textContent.indexOf(word) < 0; });
  });
  // a network chosen from the list is not "another network"
  document.querySelectorAll("input[name=ssid]").forEach(function (r) {
    r.addEventListener("change", function () { document.getElementById("other").value = ""; });
  });
  // the status page follows, unless somebody is using it
  if (location.pathname === "/" && document.querySelector("h1")) setInterval(function () {
    var open = document.querySelector("details[open]"), at = document.activeElement;
    if (document.hidden || open || (at && at.tagName === "BUTTON")) return;
    fetch("/").then(function (r) { return r.text(); }).then(function (text) {
      var fresh = new DOMParser().parseFromString(text, "text/html").querySelector("main");
      if (fresh) {
        document.querySelector("main").replaceWith(fresh);
        fresh.querySelectorAll("time").forEach(function (t) { t.textContent = new Date(t.dateTime).toLocaleString(); });
      }
    }).catch(function () {});
  }, 10000);
})();
