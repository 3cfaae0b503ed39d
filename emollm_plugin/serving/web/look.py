"""How the page looks: Gradio's plainest theme, mended where people could not read it or find their way."""

from __future__ import annotations

from typing import Any

# A field of the answer in which nothing stands is not shown. A picture stands below its label, not behind it.
STYLE = """
#examples { display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); }
#examples button { min-width: 0; min-height: 3.25rem; flex-wrap: nowrap; justify-content: flex-start; text-align: start; }
#examples button img { width: 2.5rem; height: 2.5rem; border-radius: var(--radius-sm); }
#said { min-height: 5rem; }
#answer .block:has(.empty, textarea:placeholder-shown), #answer .form:not(:has(textarea:not(:placeholder-shown))) {
  display: none;
}
#answer .image-container { padding-top: 2rem; }
:focus-visible { outline: 3px solid var(--color-accent) !important; outline-offset: 2px; }
.block button:focus-visible { outline-offset: -3px; }
"""
# Gradio names the browser's language, in which its own few words are; all others here are English.
SPEAKS = "() => { document.documentElement.lang = 'en'; }"


def look() -> dict[str, Any]:
    """For Gradio's `launch`."""
    import gradio

    # The system's font, as nothing is fetched; shades that stand out from what is behind them as WCAG 2 asks (4.5 to 1).
    theme = gradio.themes.Base(font="sans-serif").set(
        body_text_color_subdued="*neutral_500",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
    )
    return {"theme": theme, "css": STYLE, "js": SPEAKS}
