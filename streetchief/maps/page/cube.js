// The counts. A filter is {period, category, department, street}, each an index or -1 for all.
const page = JSON.parse(document.getElementById("page-data").textContent);
const cube = page.cube;
const rows = cube.n.length;
const streetCount = page.streets.names.length;
const DIMENSIONS = ["period", "category", "department", "street"];
const SIZES = { period: page.periods.length, category: page.categories.length,
  department: page.departments.length, street: streetCount };

// One pass over the rows: what matches every filter, and for each dimension what would match if it were set to "all".
function tally(filter) {
  const found = { total: 0, cells: new Float64Array(cellCount), facets: {} };
  const columns = DIMENSIONS.map((name) => cube[name]);
  const wanted = DIMENSIONS.map((name) => filter[name]);
  const facets = DIMENSIONS.map((name) => (found.facets[name] = new Float64Array(SIZES[name])));
  const facetTotals = (found.facetTotals = { period: 0, category: 0, department: 0, street: 0 });
  for (let row = 0; row < rows; row += 1) {
    let misses = 0;
    let missed = -1;
    for (let d = 0; d < 4; d += 1) {
      if (wanted[d] >= 0 && columns[d][row] !== wanted[d]) { misses += 1; missed = d; }
    }
    if (misses > 1) continue;
    const n = cube.n[row];
    for (let d = 0; d < 4; d += 1) {
      if (misses === 1 && d !== missed) continue;
      facetTotals[DIMENSIONS[d]] += n;
      const key = columns[d][row];
      if (key >= 0) facets[d][key] += n;
    }
    if (misses === 0) {
      found.total += n;
      found.cells[cube.cell[row]] += n;
    }
  }
  // streets as the other filters leave them; with a street chosen only that one carries load
  found.streets = filter.street < 0 ? found.facets.street
    : found.facets.street.map((n, street) => (street === filter.street ? n : 0));
  return found;
}

function rounded(value) {
  return value >= 10 ? Math.round(value) : Math.round(value * (value >= 1 ? 10 : 100)) / (value >= 1 ? 10 : 100);
}

// Complaints per 100 m of each street; under 100 m counts as 100 m.
function loadsOf(counts) {
  return page.streets.lengths_m.map((length, street) => (100 * counts[street]) / Math.max(100, length));
}

// Upper bounds of the quantile steps, at most five, rounded to what the legend prints, without repeats;
// the last one is the greatest load.
function breaksOf(loads) {
  const positive = loads.filter((load) => load > 0).sort((a, b) => a - b);
  const breaks = [];
  for (let step = 1; step <= 5 && positive.length; step += 1) {
    const bound = rounded(positive[Math.max(0, Math.ceil((positive.length * step) / 5) - 1)]);
    if (!breaks.length || bound > breaks[breaks.length - 1]) breaks.push(bound);
  }
  return { breaks, least: positive[0] };
}

function stepOf(load, breaks) {
  if (!(load > 0)) return 0;
  // the darkest steps are kept when ties leave fewer than five
  return 5 - breaks.length + 1 + breaks.findIndex((bound) => rounded(load) <= bound);
}
