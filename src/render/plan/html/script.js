"use strict";
(() => {
  const PAGE = 50, MORE = 500;
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
  const format = new Intl.NumberFormat("en-US");
  const grouped = (number) => format.format(number);
  const counted = (number, one, many) => grouped(number) + " " + (number === 1 ? one : many);

  const data = JSON.parse(find("data").textContent);
  const { holders, locations, apps, causes, files, links } = data;
  // All names as one text is searched many times faster than each by itself.
  const lower = holders.map((name) => name.toLowerCase());
  const text = lower.join("\n");
  const ends = new Uint32Array(holders.length);
  lower.reduce((end, name, at) => (ends[at] = end + name.length) + 1, 0);

  // A column of numbers for each thing there is to know of a change; the holders of change `at`
  // are who[starts[at]] to who[starts[at + 1]].
  const size = data.changes.length;
  const column = (field) => Uint32Array.from(data.changes, (row) => row[field]);
  const [inLocation, ofApp, byCause, inFile, onLine] = [0, 1, 3, 4, 5].map(column);
  const ACTIONS = ["assign", "release", "uninstall"];
  const does = Uint8Array.from(data.changes, (row) => ACTIONS.indexOf(row[2]));
  const starts = new Uint32Array(size + 1);
  data.changes.forEach((row, at) => (starts[at + 1] = starts[at] + row[6].length));
  const total = starts[size];
  const who = new Uint32Array(total);
  data.changes.forEach((row, at) => {
    row[6].reduce((holder, step, k) => (who[starts[at] + k] = holder + step), 0);
  });
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

  // Which changes match, how many of their licenses, and whether these were named by the search.
  const found = { length: 0, at: new Uint32Array(size), count: new Uint32Array(size), named: new Uint8Array(size) };
  let page = 0, needle = "";
  const hits = new Uint8Array(holders.length);
  const open = new Set();

  const wanted = () => {
    const value = (field) => (field ? field.value : "");
    return { q: value(fields.q).trim(), app: value(fields.app), location: value(fields.location), cause: value(fields.cause), action: value(fields.action) };
  };

  const findHolders = () => {
    hits.fill(0);
    if (!needle) return;
    let holder = 0;
    for (let at = text.indexOf(needle); at >= 0; at = text.indexOf(needle, ends[holder])) {
      while (ends[holder] < at) holder++;
      hits[holder] = 1;
    }
  };

  // For each name of a list whether it passes.
  const passing = (names, test) => Uint8Array.from(names, (name, at) => test(name, at));

  const filter = () => {
    const want = wanted();
    needle = want.q.toLowerCase();
    findHolders();
    const apply = (wish, names, of) => passing(names, (name, at) => !wish || of(name, at) === wish);
    const app = apply(want.app, apps, (one) => one[0]);
    const place = apply(want.location, locations, (one) => one);
    const cause = apply(want.cause, causes, (_, at) => String(at + 1));
    const act = passing(ACTIONS, (one) => !want.action || one === want.action || (want.action === "reclaim" && one !== "assign"));
    const says = (name) => name.toLowerCase().includes(needle);
    const appSays = passing(apps, (one) => says(one[1])), placeSays = passing(locations, says);
    const causeSays = passing(causes, says), fileSays = passing(files, says);
    const withLine = needle.includes(":");
    const said = (at) =>
      appSays[ofApp[at]] || placeSays[inLocation[at]] || causeSays[byCause[at]] || fileSays[inFile[at]] ||
      (withLine && says(files[inFile[at]] + ":" + onLine[at]));
    let length = 0, licenses = 0;
    for (let at = 0; at < size; at++) {
      if (!(app[ofApp[at]] && place[inLocation[at]] && cause[byCause[at]] && act[does[at]])) continue;
      const start = starts[at], end = starts[at + 1];
      let count = 0;
      if (needle) for (let k = start; k < end; k++) count += hits[who[k]];
      const named = count > 0;
      if (!named) {
        if (needle && !said(at)) continue;
        count = end - start;
      }
      licenses += count;
      found.at[length] = at;
      found.count[length] = count;
      found.named[length++] = named;
    }
    found.length = length;
    page = 0;
    find("count").textContent =
      counted(length, "change", "changes") + " of " + grouped(size) + ", " +
      counted(licenses, "license", "licenses") + " of " + grouped(total);
    return want;
  };

  const link = (at) => {
    const file = files[inFile[at]], text = file + ":" + onLine[at];
    const place = make("span", undefined, "place");
    if (links) {
      const anchor = make("a", text);
      const path = file.split("/").map(encodeURIComponent).join("/");
      anchor.href = links.replace(/\/+$/, "") + "/" + path + "#L" + onLine[at];
      place.append(anchor);
    } else {
      place.textContent = text;
    }
    place.dir = "auto";
    return place;
  };

  const holderItem = (holder) => {
    const item = make("li"), name = holders[holder], bold = make("bdi");
    const at = needle && hits[holder] ? lower[holder].indexOf(needle) : -1;
    if (at < 0 || lower[holder].length !== name.length) {
      bold.textContent = name;
    } else {
      bold.append(name.slice(0, at), make("mark", name.slice(at, at + needle.length)), name.slice(at + needle.length));
    }
    item.append(bold);
    return item;
  };

  const holderRow = (at, named, id) => {
    const row = make("tr", undefined, "holders"), cell = make("td"), list = make("ul");
    row.id = id;
    cell.colSpan = fields.location ? 7 : 6;
    const all = who.subarray(starts[at], starts[at + 1]);
    const listed = named ? all.filter((holder) => hits[holder]) : all;
    let shown = 0;
    const more = make("button");
    more.type = "button";
    const add = () => {
      const end = Math.min(shown + MORE, listed.length);
      for (; shown < end; shown++) list.append(holderItem(listed[shown]));
      more.hidden = shown >= listed.length;
      more.textContent = grouped(shown) + " of " + grouped(listed.length) + " shown, show more";
    };
    more.addEventListener("click", add);
    add();
    cell.append(list, more);
    row.append(cell);
    return row;
  };

  const changeRows = (nth) => {
    const at = found.at[nth], count = found.count[nth], named = found.named[nth] === 1;
    const row = make("tr"), id = "holders-" + at;
    const action = ACTIONS[does[at]], name = apps[ofApp[at]][1];
    const cell = (child, className) => {
      const made = make("td", undefined, className);
      made.append(child);
      row.append(made);
    };
    cell(make("span", action, "badge " + (action === "assign" ? "assign" : "reclaim")));
    const app = make("th");
    app.scope = "row";
    app.append(make("bdi", name));
    row.append(app);
    if (fields.location) cell(make("bdi", locations[inLocation[at]]));
    const cause = document.createDocumentFragment();
    cause.append(make("span", String(byCause[at] + 1), "number"), " ", make("bdi", causes[byCause[at]] || ""));
    cell(cause);
    cell(link(at));
    const all = starts[at + 1] - starts[at];
    cell(named ? grouped(count) + " of " + grouped(all) : grouped(all), "n");
    const button = make("button", "Holders");
    button.type = "button";
    button.setAttribute("aria-label", "Holders of " + name + ", " + action);
    button.setAttribute("aria-controls", id);
    // Whoever is searched for shows at once where only a few changes are about them.
    const isOpen = () => open.has(at) || (named && found.length <= 20 && !open.has(~at));
    button.setAttribute("aria-expanded", String(isOpen()));
    button.addEventListener("click", () => {
      if (isOpen()) {
        open.delete(at);
        open.add(~at);
        row.nextElementSibling.remove();
      } else {
        open.add(at);
        open.delete(~at);
        row.after(holderRow(at, named, id));
      }
      button.setAttribute("aria-expanded", String(isOpen()));
    });
    cell(button, "open");
    return isOpen() ? [row, holderRow(at, named, id)] : [row];
  };

  const draw = () => {
    const last = Math.max(0, Math.ceil(found.length / PAGE) - 1);
    page = Math.min(Math.max(page, 0), last);
    const rows = document.createDocumentFragment();
    const end = Math.min((page + 1) * PAGE, found.length);
    for (let nth = page * PAGE; nth < end; nth++) rows.append(...changeRows(nth));
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
