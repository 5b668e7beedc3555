"""Pages in a real browser: readable on a phone, dark at night, and asking nobody for anything."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

import pytest
from newsstand import ENTRIES, FERRY, FORECAST, MARKET, Log, Shelf, body, entry, needs
from playwright.sync_api import Browser, Page, sync_playwright
from test_feeds import HOSTILE
from test_readers import Newsstand, served

from feeder.ledger import Event, EventKind, SourceState
from feeder.model import Revision

PHONE = {"width": 360, "height": 740}
YESTERDAY = dt.date(2024, 11, 21)
OLDER = tuple(
    entry(number, article, sections=(section,), date=YESTERDAY)
    for number, (article, section) in enumerate(
        [
            (HOSTILE, "society"),
            (replace(FERRY, headline="长" * 300, body=body("http://" + "a" * 500)), "society"),
            (MARKET, "economy"),
            (FORECAST, "weather"),
        ],
        start=11,
    )
)
CORRECTED = entry(
    21,
    FERRY,
    revisions=(
        Revision(
            article=replace(
                FERRY,
                headline="白鹭洲渡口夜航昨晚开通",
                body=(*body("长" * 300, "http://" + "a" * 500), *FERRY.body[2:]),
            ),
            replaced=dt.datetime(2024, 11, 22, 12, 0, tzinfo=dt.UTC),
        ),
    ),
    date=YESTERDAY,
)
PAGES = (
    "index.html",
    "all/index.html",
    "society/index.html",
    "operations/index.html",
    *(f"articles/2024/{number}.html" for number in (2, 5, 9, 11, 12, 21)),
)
ARTICLE = "articles/2024/5.html"
TROUBLE = "a" * 200 + "; mount it"
LEDGER = Log(
    (
        SourceState(
            source="https://" + "b" * 200, last_run=entry(1, FERRY).updated, trouble=TROUBLE
        ),
    ),
    (
        Event(
            id=1,
            time=entry(1, FERRY).updated,
            kind=EventKind.FAILURE,
            subject="https://" + "b" * 200,
            text=TROUBLE,
        ),
    ),
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    arguments = ["--no-sandbox", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def newsstand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsstand]:
    with served(tmp_path_factory.mktemp("browser") / "public") as stand:
        stand.show(Shelf((*ENTRIES, *OLDER, CORRECTED), (entry(9, FERRY),), ledger=LEDGER))
        yield stand


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport=PHONE)  # type: ignore[arg-type]
    yield page
    page.close()


@needs("chromium")
@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_wider_than_a_phone(phone: Page, newsstand: Newsstand, path: str) -> None:
    phone.goto(newsstand.url + path)

    assert phone.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


@needs("chromium")
def test_a_page_asks_for_its_stylesheet_and_nothing_else(phone: Page, newsstand: Newsstand) -> None:
    asked: list[str] = []
    complaints: list[str] = []
    phone.on("request", lambda request: asked.append(request.url))
    phone.on("console", lambda message: complaints.append(message.text))

    phone.goto(newsstand.url + "articles/2024/11.html")

    assert [url for url in asked if not url.startswith("data:")] == [
        newsstand.url + "articles/2024/11.html",
        newsstand.url + "assets/style.css",
    ]
    assert complaints == []


@needs("chromium")
def test_a_reader_goes_from_the_front_page_to_an_article_and_its_section(
    phone: Page, newsstand: Newsstand
) -> None:
    phone.goto(newsstand.url)
    phone.get_by_role("link", name="白鹭洲渡口夜航今晚开通").first.click()
    headline = phone.locator("h1").inner_text()
    phone.locator(".filed").get_by_role("link", name="economy").click()

    assert headline == FERRY.headline
    assert phone.locator("h1").inner_text() == "economy"
    assert phone.locator("link[rel=alternate]").count() == 3


@needs("chromium")
def test_the_folder_can_be_read_from_a_disk(phone: Page, newsstand: Newsstand) -> None:
    phone.goto((newsstand.public / "index.html").as_uri())
    phone.get_by_role("link", name="白鹭洲渡口夜航今晚开通").first.click()

    assert phone.locator("h1").inner_text() == FERRY.headline
    assert (
        phone.evaluate("getComputedStyle(document.querySelector('.skip')).position") == "absolute"
    )


def contrast(page: Page, selector: str, ground: str = "body") -> float:
    """WCAG 2.2's contrast of a text with what is behind it."""
    one, other = page.evaluate(
        """([selector, ground]) => {
          const light = text => {
            const parts = text.match(/[0-9.]+/g).slice(0, 3).map(part => part / 255);
            const [r, g, b] = parts.map(
              part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
          };
          const look = element => getComputedStyle(element);
          return [light(look(document.querySelector(selector)).color),
                  light(look(document.querySelector(ground)).backgroundColor)];
        }""",
        [selector, ground],
    )
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


@needs("chromium")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_told_from_its_ground(
    browser: Browser, newsstand: Newsstand, scheme: str
) -> None:
    page = browser.new_page(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(newsstand.url + ARTICLE)

    ratios = [contrast(page, each) for each in (".text p", ".kicker", ".deck", ".captions li")]
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.close()

    assert min(ratios) >= 4.5
    assert (ground == "rgb(255, 255, 255)") == (scheme == "light")


@needs("chromium")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_change_can_be_told_from_its_ground_and_without_its_colour(
    browser: Browser, newsstand: Newsstand, scheme: str
) -> None:
    page = browser.new_page(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(newsstand.url + "articles/2024/21.html")

    ratios = [contrast(page, each, each) for each in ("del", "ins")]
    ratios += [contrast(page, f".changes {each}") for each in ("h4", "b", ".kept")]
    line = "each => getComputedStyle(document.querySelector(each)).textDecorationLine"
    lines = [page.evaluate(line, each) for each in ("del", "ins")]
    page.close()

    assert min(ratios) >= 4.5
    assert lines == ["line-through", "underline"]


@needs("chromium")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_operators_page_can_be_read_by_day_and_by_night(
    browser: Browser, newsstand: Newsstand, scheme: str
) -> None:
    page = browser.new_page(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(newsstand.url)
    page.locator("footer").get_by_role("link", name="运行状况").click()

    heading = page.locator("h1").inner_text()
    told = (".source dt", ".source dd", ".state", ".events b", ".origin", ".about")
    ratios = [contrast(page, each) for each in told]
    page.close()

    assert heading == "运行状况"
    assert min(ratios) >= 4.5


@needs("chromium")
def test_an_article_read_in_the_dark_is_printed_black_on_white(
    browser: Browser, newsstand: Newsstand
) -> None:
    page = browser.new_page(color_scheme="dark")
    page.goto(newsstand.url + ARTICLE)

    page.emulate_media(media="print")
    ratio = contrast(page, ".text p")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.close()

    assert ground == "rgb(255, 255, 255)"
    assert ratio >= 7


@needs("chromium")
def test_a_line_of_chinese_is_of_a_good_length(browser: Browser, newsstand: Newsstand) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(newsstand.url + ARTICLE)

    letters = page.evaluate(
        "(p => p.clientWidth / parseFloat(getComputedStyle(p).fontSize))"
        "(document.querySelector('.text p'))"
    )
    page.close()

    assert 30 <= letters <= 38


@needs("chromium")
def test_headlines_of_the_same_letters_look_of_their_own_land(
    phone: Page, newsstand: Newsstand
) -> None:
    fonts = {}
    for number in (5, 2, 1):
        phone.goto(f"{newsstand.url}articles/2024/{number}.html")
        fonts[number] = phone.evaluate("getComputedStyle(document.querySelector('h1')).fontFamily")

    assert "Songti SC" in fonts[5]
    assert "Georgia" in fonts[2]
    assert "Songti TC" in fonts[1]
