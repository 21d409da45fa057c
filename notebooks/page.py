"""Runs a notebook and writes its texts, tables and charts as one page that needs no network.

    page.py NOTEBOOK OUT.html

The page has each chart's specification as JSON, in `charts`, and the libraries that draw it.
"""

import html
import json
import sys
from pathlib import Path

import nbformat
import vl_convert
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbconvert.filters.markdown_mistune import markdown2html_mistune

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; color: #222; }
figure, .table { margin: 1rem 0; overflow-x: auto; }
figure > div { width: 100%; }
table { border-collapse: collapse; font-size: 13px; white-space: nowrap; }
figcaption, caption { text-align: left; font-weight: 600; padding: 4px 0; }
th, td { text-align: left; padding: 2px 10px 2px 0; border-bottom: 1px solid #ddd; }
.anchor-link { display: none; }
"""

DRAW = """
const charts = JSON.parse(document.getElementById("charts").textContent);
// As many names beside each other as fit whole below the plot, beside the names on its left.
const columns = Math.max(1, Math.floor((document.querySelector("figure").clientWidth - 150) / 190));
const legend = { orient: "bottom", columns, labelLimit: 165 };
const config = { legend };
charts.forEach((chart, at) => vegaEmbed(`#chart-${at}`, chart, { renderer: "svg", actions: false, config }));
"""


# A person's notebook draws charts with libraries from the network; here their specifications are wanted.
SPECIFICATIONS = nbformat.v4.new_code_cell('import altair; _ = altair.renderers.enable("json")')


def executed(notebook):
    notebook.cells.insert(0, SPECIFICATIONS)
    client = NotebookClient(notebook, timeout=None, kernel_name="python3")
    client.execute()
    return notebook.cells


def parts(cells, charts):
    """The page's pieces in order; specifications go to `charts`."""
    for cell in cells:
        if cell.cell_type == "markdown":
            yield markdown2html_mistune(cell.source)
            continue
        for output in cell.outputs:
            data = output.get("data", {})
            if spec := data.get("application/json"):
                # As text it breaks into lines where the page is narrow.
                title = html.escape(spec.pop("title", ""))
                yield f'<figure><figcaption>{title}</figcaption><div id="chart-{len(charts)}"></div></figure>'
                charts.append(spec)
            elif "text/html" in data:
                yield f'<div class="table">{data["text/html"]}</div>'
            elif "text/plain" in data:
                yield f"<p><code>{html.escape(data['text/plain'])}</code></p>"


def in_script(text):
    """Text that cannot end the element that it stands in."""
    return text.replace("<", "\\u003c")


def page(cells):
    charts = []
    body = "\n".join(parts(cells, charts))
    # Within JavaScript's strings, regular expressions and comments this means the same.
    libraries = vl_convert.javascript_bundle(DRAW).replace("</script", "<\\/script")
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>CloudTrail</title>
<style>{STYLE}</style>
{body}
<script type="application/json" id="charts">{in_script(json.dumps(charts))}</script>
<script type="module">{libraries}</script>
</html>
"""


def main():
    notebook, out = map(Path, sys.argv[1:])
    try:
        cells = executed(nbformat.read(notebook, as_version=4))
    except CellExecutionError as e:
        sys.exit(f"report: the notebook does not run:\n{e}")
    out.write_text(page(cells), encoding="utf-8")


if __name__ == "__main__":
    main()
