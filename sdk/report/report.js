// SPDX-License-Identifier: Apache-2.0
// Shows and hides the proved states; n and p walk along the path of a rejection.
const lit = () => [...document.querySelectorAll("tr.path, tr.fault")];
let at = -1;
const go = (step) => {
  const rows = lit();
  if (rows.length === 0) return;
  at = (at + step + rows.length) % rows.length;
  rows[at].scrollIntoView({ block: "center" });
  rows[at].focus({ preventScroll: true });
};
const states = () => {
  const quiet = document.body.classList.toggle("quiet");
  document.querySelectorAll("[data-act=states]").forEach((b) => b.setAttribute("aria-pressed", String(!quiet)));
};
document.querySelectorAll("[data-act]").forEach((b) => b.addEventListener("click", () => {
  if (b.dataset.act === "states") states();
  else go(b.dataset.act === "next" ? 1 : -1);
}));
document.addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey) return;
  if (e.key === "n") go(1);
  if (e.key === "p") go(-1);
  if (e.key === "s") states();
});
