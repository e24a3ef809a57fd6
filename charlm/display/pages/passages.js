(() => {
  const rows = [...document.querySelectorAll("#passages li")], search = document.getElementById("search");
  json("scores").forEach((score, at) => rows[at].querySelector("i").style.setProperty("width", (3 * score).toFixed(2) + "rem"));
  const show = () => {
    const wanted = search.value.toLowerCase();
    for (const row of rows) row.hidden = !row.querySelector(".mono").textContent.toLowerCase().includes(wanted);
    document.getElementById("count").textContent = rows.filter(row => !row.hidden).length + " of " + rows.length;
  };
  search.addEventListener("input", show);
  addEventListener("keydown", event => {
    if (event.key === "/" && event.target !== search) { event.preventDefault(); search.focus(); }
  });
  show();
})();
