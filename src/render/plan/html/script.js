"use strict";
(() => {
  const PAGE = 100, MORE = 500;
  const find = (id) => document.getElementById(id);
  const table = find("table");
  if (!table) return;

  // Every name from outside goes through textContent or an attribute's property, never through HTML.
  const make = (name, text, className) => {
    const element = document.createElement(name);
    if (text !== undefined) element.textContent = text;
    if (className) element.className = className;
    return element;
  };
  const grouped = (number) => number.toLocaleString("en-US");
  const counted = (number, one, many) => grouped(number) + " " + (number === 1 ? one : many);

  const data = JSON.parse(find("data").textContent);
  const { holders, locations, apps, causes, files, links } = data;
  const lower = holders.map((name) => name.toLowerCase());
  const changes = data.changes.map((row) => {
    const [location, app, action, cause, file, line, distances] = row;
    const who = new Uint32Array(distances.length);
    let at = 0;
    for (let i = 0; i < distances.length; i++) who[i] = at += distances[i];
    const text = [apps[app][1], locations[location], causes[cause], files[file] + ":" + line].join("\n").toLowerCase();
    return { location, app, action, cause, file, line, who, text };
  });
  const total = changes.reduce((sum, change) => sum + change.who.length, 0);
  data.changes = null;

  const fields = {
    q: find("f-q"), app: find("f-app"), location: find("f-location"), cause: find("f-cause"), action: find("f-action"),
  };
  const option = (select, value, text) => {
    const one = make("option", text);
    one.value = value;
    select.append(one);
  };
  const byName = (a, b) => a[1].localeCompare(b[1], "en", { numeric: true });
  const keys = new Map();
  for (const [key, name] of apps) if (!keys.has(key)) keys.set(key, name);
  [...keys].sort(byName).forEach(([key, name]) => option(fields.app, key, name));
  if (fields.location) {
    locations.map((name) => [name, name]).sort(byName).forEach(([name]) => option(fields.location, name, name));
  }
  causes.forEach((text, at) => option(fields.cause, String(at + 1), at + 1 + "  " + text));

  let found = [], page = 0, needle = "", hits = null;
  const open = new Set();

  const wanted = () => {
    const value = (field) => (field ? field.value : "");
    return { q: value(fields.q).trim(), app: value(fields.app), location: value(fields.location), cause: value(fields.cause), action: value(fields.action) };
  };
  const acts = (action, wish) => !wish || action === wish || (wish === "reclaim" && action !== "assign");

  const filter = () => {
    const want = wanted();
    needle = want.q.toLowerCase();
    hits = null;
    if (needle) {
      hits = new Uint8Array(holders.length);
      for (let i = 0; i < lower.length; i++) if (lower[i].includes(needle)) hits[i] = 1;
    }
    found = [];
    let licenses = 0;
    for (let i = 0; i < changes.length; i++) {
      const change = changes[i];
      if (want.app && apps[change.app][0] !== want.app) continue;
      if (want.location && locations[change.location] !== want.location) continue;
      if (want.cause && String(change.cause + 1) !== want.cause) continue;
      if (!acts(change.action, want.action)) continue;
      let count = 0;
      if (hits) for (let k = 0; k < change.who.length; k++) count += hits[change.who[k]];
      const named = count > 0;
      if (needle && !named) {
        if (!change.text.includes(needle)) continue;
      }
      if (!named) count = change.who.length;
      licenses += count;
      found.push({ at: i, count, named });
    }
    page = 0;
    find("count").textContent =
      counted(found.length, "change", "changes") + " of " + grouped(changes.length) + ", " +
      counted(licenses, "license", "licenses") + " of " + grouped(total);
    return want;
  };

  const link = (change) => {
    const text = files[change.file] + ":" + change.line;
    const place = make("span", undefined, "place");
    if (links) {
      const anchor = make("a", text);
      const path = files[change.file].split("/").map(encodeURIComponent).join("/");
      anchor.href = links.replace(/\/+$/, "") + "/" + path + "#L" + change.line;
      place.append(anchor);
    } else {
      place.textContent = text;
    }
    place.dir = "auto";
    return place;
  };

  const holderItem = (holder) => {
    const item = make("li"), name = holders[holder], bold = make("bdi");
    const at = hits && hits[holder] ? lower[holder].indexOf(needle) : -1;
    if (at < 0 || lower[holder].length !== name.length) {
      bold.textContent = name;
    } else {
      bold.append(name.slice(0, at), make("mark", name.slice(at, at + needle.length)), name.slice(at + needle.length));
    }
    item.append(bold);
    return item;
  };

  const holderRow = (item, id) => {
    const change = changes[item.at];
    const row = make("tr", undefined, "holders"), cell = make("td"), list = make("ul");
    row.id = id;
    cell.colSpan = fields.location ? 7 : 6;
    const who = item.named ? Array.from(change.who).filter((holder) => hits[holder]) : change.who;
    let shown = 0;
    const more = make("button");
    more.type = "button";
    const add = () => {
      const end = Math.min(shown + MORE, who.length);
      for (; shown < end; shown++) list.append(holderItem(who[shown]));
      more.hidden = shown >= who.length;
      more.textContent = grouped(shown) + " of " + grouped(who.length) + " shown, show more";
    };
    more.addEventListener("click", add);
    add();
    cell.append(list, more);
    row.append(cell);
    return row;
  };

  const changeRows = (item) => {
    const change = changes[item.at], row = make("tr"), id = "holders-" + item.at;
    const cell = (child, className) => {
      const made = make("td", undefined, className);
      made.append(child);
      row.append(made);
    };
    cell(make("span", change.action, "badge " + (change.action === "assign" ? "assign" : "reclaim")));
    const app = make("th");
    app.scope = "row";
    app.append(make("bdi", apps[change.app][1]));
    row.append(app);
    if (fields.location) cell(make("bdi", locations[change.location]));
    cell(make("bdi", change.cause + 1 + "  " + (causes[change.cause] || "")));
    cell(link(change));
    cell(item.named ? grouped(item.count) + " of " + grouped(change.who.length) : grouped(change.who.length), "n");
    const button = make("button", "Holders");
    button.type = "button";
    button.setAttribute("aria-label", "Holders of " + apps[change.app][1] + ", " + change.action);
    button.setAttribute("aria-controls", id);
    const isOpen = () => open.has(item.at) || (item.named && found.length <= 20 && !open.has(~item.at));
    button.setAttribute("aria-expanded", String(isOpen()));
    button.addEventListener("click", () => {
      if (isOpen()) {
        open.delete(item.at);
        open.add(~item.at);
        row.nextElementSibling.remove();
      } else {
        open.add(item.at);
        open.delete(~item.at);
        row.after(holderRow(item, id));
      }
      button.setAttribute("aria-expanded", String(isOpen()));
    });
    cell(button, "open");
    return isOpen() ? [row, holderRow(item, id)] : [row];
  };

  const draw = () => {
    const last = Math.max(0, Math.ceil(found.length / PAGE) - 1);
    page = Math.min(Math.max(page, 0), last);
    const rows = document.createDocumentFragment();
    for (const item of found.slice(page * PAGE, (page + 1) * PAGE)) rows.append(...changeRows(item));
    if (!found.length) {
      const cell = make("td", "Nothing matches.");
      cell.colSpan = fields.location ? 7 : 6;
      const row = make("tr");
      row.append(cell);
      rows.append(row);
    }
    find("rows").replaceChildren(rows);
    find("pages").hidden = last === 0;
    find("page").textContent = "Page " + grouped(page + 1) + " of " + grouped(last + 1);
    find("previous").disabled = page === 0;
    find("next").disabled = page === last;
  };

  // The address says what is shown, so that it can be sent to somebody.
  const NAMES = ["q", "app", "location", "cause", "action"];
  const remember = (want) => {
    const parts = NAMES.filter((name) => want[name]).map((name) => name + "=" + encodeURIComponent(want[name]));
    if (page) parts.push("page=" + (page + 1));
    const hash = parts.length ? "#" + parts.join("&") : location.pathname + location.search;
    try {
      history.replaceState(null, "", hash);
    } catch {
      // A page inside a frame may not be allowed to.
    }
  };
  const recall = () => {
    const hash = location.hash.slice(1);
    if (!hash.includes("=")) return false;
    const parts = new URLSearchParams(hash.replaceAll("+", "%2B"));
    for (const name of NAMES) if (fields[name]) fields[name].value = parts.get(name) || "";
    filter();
    page = (Number(parts.get("page")) || 1) - 1;
    draw();
    return true;
  };

  const update = () => {
    open.clear();
    const want = filter();
    draw();
    remember(want);
  };
  const turn = (by) => {
    page += by;
    draw();
    remember(wanted());
    find("h-changes").scrollIntoView({ block: "start" });
    const button = find(by > 0 ? "next" : "previous");
    (button.disabled ? find(by > 0 ? "previous" : "next") : button).focus({ preventScroll: true });
  };

  const form = find("filters");
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", update);
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    for (const name of NAMES) if (fields[name]) fields[name].value = "";
    update();
    fields.q.focus();
  });
  find("previous").addEventListener("click", () => turn(-1));
  find("next").addEventListener("click", () => turn(1));
  window.addEventListener("hashchange", () => {
    open.clear();
    if (recall()) find("changes").scrollIntoView();
  });

  form.hidden = false;
  table.hidden = false;
  if (recall()) {
    find("changes").scrollIntoView();
  } else {
    filter();
    draw();
  }
})();
