"""An API to try the gateway with: articles to read, and a tool that a program pays for by the call."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

from fastapi import Body, FastAPI, HTTPException
from pydantic import BaseModel

app = FastAPI(title="Largesse sample API", version="1")

ARTICLES = {
    1: ("How vouchers work", "A voucher says what may have been taken in all. The latest one is enough."),
    2: ("Why a deposit is safe", "Nobody but you gets what no voucher has spent, after a delay."),
    3: (
        "What a micropayment costs",
        "A settlement of five hundred accounts costs ten thousand gas for each.",
    ),
}


class Article(BaseModel):
    """An article with its text."""

    number: int
    title: str
    text: str


class Words(BaseModel):
    """How often the most frequent words occur."""

    total: int
    most: list[tuple[str, int]]


@app.get("/")
async def contents() -> dict[int, str]:
    """All titles, for nothing."""
    return {number: title for number, (title, _) in ARTICLES.items()}


@app.get("/articles/{number}", responses={402: {"description": "The article has a price"}})
async def article(number: int) -> Article:
    """One article."""
    if number not in ARTICLES:
        raise HTTPException(404, f"there is no article {number}")
    title, text = ARTICLES[number]
    return Article(number=number, title=title, text=text)


@app.post("/words", responses={402: {"description": "The call has a price"}})
async def words(text: Annotated[str, Body(embed=True, max_length=10_000)]) -> Words:
    """Count words."""
    counted = Counter(text.lower().split())
    return Words(total=counted.total(), most=counted.most_common(5))
