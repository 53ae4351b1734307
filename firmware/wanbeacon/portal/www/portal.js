// SPDX-License-Identifier: MIT
// What is nicer with a script; every page works without it.
(function () {
  // the exact moment behind "3 minutes ago", in local time
  function moments(where) {
    where.querySelectorAll("time").forEach(function (t) { t.title = new Date(t.dateTime).toLocaleString(); });
  }
  moments(document);
  // a fault's field has the focus, whatever the browser thinks of autofocus
  var wrong = document.querySelector("[aria-invalid]");
  if (wrong) wrong.focus();
  // passwords can be shown
  document.querySelectorAll("input[type=password]").forEach(function (p) {
    var b = document.createElement("button");
    b.type = "button";
    b.className = "link";
    b.textContent = "Show";
    b.setAttribute("aria-label", "Show password");
    b.setAttribute("aria-pressed", "false");
    b.addEventListener("click", function () {
      var on = p.type === "password";
      p.type = on ? "text" : "password";
      b.textContent = on ? "Hide" : "Show";
      b.setAttribute("aria-pressed", on);
    });
    var both = document.createElement("span");
    both.className = "secret";
    p.before(both);
    both.append(p, b);
  });
  // providers are found while one types; the device ranks them
  var q = document.getElementById("q"), timer;
  if (q) q.addEventListener("input", function () {
    clearTimeout(timer);
    timer = setTimeout(function () {
      fetch(q.form.action + "?" + new URLSearchParams(new FormData(q.form))).then(function (r) {
        return r.ok ? r.text() : "";
      }).then(function (text) {
        var fresh = new DOMParser().parseFromString(text, "text/html").getElementById("found");
        if (fresh) document.getElementById("found").innerHTML = fresh.innerHTML;
      }).catch(function () {});
    }, 300);
  });
  // a network chosen from the list is not "another network"
  document.querySelectorAll("input[name=ssid]").forEach(function (r) {
    r.addEventListener("change", function () { document.getElementById("other").value = ""; });
  });
  // settings can be restored from a file
  var pick = document.getElementById("pick");
  if (pick) {
    document.getElementById("file").hidden = false;
    pick.addEventListener("change", function () {
      pick.files[0].text().then(function (text) { document.getElementById("settings").value = text; });
    });
  }
  // the status page follows, unless somebody is using it
  if (location.pathname === "/" && document.querySelector("h1")) setInterval(function () {
    var open = document.querySelector("details[open]"), at = document.activeElement;
    if (document.hidden || open || (at && at.tagName === "BUTTON")) return;
    fetch("/").then(function (r) { return r.ok ? r.text() : ""; }).then(function (text) {
      var fresh = new DOMParser().parseFromString(text, "text/html").querySelector("main");
      if (fresh) {
        document.querySelector("main").replaceWith(fresh);
        moments(fresh);
      }
    }).catch(function () {});
  }, 10000);
})();
