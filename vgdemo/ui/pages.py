"""The pages: what a person calls each, and where it lies."""

from __future__ import annotations

LAB, COMPARE, ARTICLE, STUDY, YOUR_MODEL, LIBRARY, GLOSSARY = (
    "Lab",
    "Compare",
    "Article",
    "Study",
    "Your model",
    "Library",
    "Glossary",
)

PAGES = {
    LAB: "app.py",
    COMPARE: "pages/1_Compare.py",
    ARTICLE: "pages/2_Article.py",
    STUDY: "pages/6_Study.py",
    YOUR_MODEL: "pages/5_Your_model.py",
    LIBRARY: "pages/3_Library.py",
    GLOSSARY: "pages/4_Glossary.py",
}
