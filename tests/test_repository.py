"""What surrounds the code: locks, links, hooks, citation, and what must never be committed."""

import re
import subprocess
import tomllib
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCKS = ("requirements.lock", "requirements-spark.lock")


def pins(name: str) -> list[tuple[Requirement, int]]:
    """Return each pinned requirement of a lock with the number of its hashes."""
    entries = re.split(r"\n(?=\S)", (ROOT / name).read_text(encoding="utf-8").strip())
    return [
        (Requirement(e.split("\\", 1)[0].strip()), len(re.findall(r"--hash=sha256:[0-9a-f]{64}", e))) for e in entries
    ]


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_of_a_lock_is_exact_and_has_a_hash_and_no_address(name):
    found = pins(name)
    assert found
    assert [
        str(r) for r, hashes in found if not hashes or r.url or not re.fullmatch(r"==[^,*]+", str(r.specifier))
    ] == []
    assert "://" not in (ROOT / name).read_text(encoding="utf-8")


def test_the_lock_holds_every_dependency_at_a_version_that_the_project_accepts():
    asked = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]
    locked: dict[str, list[str]] = {}
    for pin, _ in pins("requirements.lock"):
        locked.setdefault(canonicalize_name(pin.name), []).append(str(pin.specifier)[2:])
    for requirement in map(Requirement, asked):
        versions = locked.get(canonicalize_name(requirement.name), [])
        assert versions, f"{requirement.name} is not in the lock: make lock"
        assert all(requirement.specifier.contains(v) for v in versions), f"{requirement}: locked {versions}: make lock"


def test_the_traps_that_a_floor_and_a_cap_avoid_are_avoided():
    locked = {canonicalize_name(r.name): str(r.specifier)[2:] for r, _ in pins("requirements.lock")}
    assert locked["lifelines"] != "0.30.0"
    assert locked["pandas"].startswith("2.")


PAGES = sorted(p for p in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("*/README.md")])


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page as the usual hosts make them from headings."""
    headings = re.findall(r"(?m)^#+ (.+)$", page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_local_link_leads_somewhere(page):
    text = re.sub(r"(?s)```.*?```", "", page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        place, _, anchor = unquote(target).partition("#")
        file = (page.parent / place) if place else page
        assert file.exists(), f"{page.name}: {target}"
        if anchor:
            assert anchor in anchors(file), f"{page.name}: {target}"


def test_a_dead_anchor_would_be_seen():
    assert "5-what-may-be-published" in anchors(ROOT / "docs" / "methods.md")
    assert "5-what-may-not" not in anchors(ROOT / "docs" / "methods.md")


def test_the_citation_names_this_version_and_licence():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert cited["version"] == PROJECT["version"]
    assert cited["license"] == PROJECT["license"]
    assert {"cff-version", "message", "title", "authors", "type"} <= cited.keys()


def test_every_release_says_first_which_numbers_changed():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    releases = re.split(r"(?m)^## ", text)[1:]
    assert releases[0].startswith(PROJECT["version"])
    assert all(re.search(r"(?m)^### (.+)$", release)[1] == "Numbers that changed" for release in releases)


HOOKS = {
    hook["id"]: hook
    for repo in yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    for hook in repo["hooks"]
}


@pytest.mark.parametrize(
    ("path", "blocked"),
    [
        ("data/people.csv", True),
        ("my-study/data/cld/CLD_Q1.CSV", True),
        ("notes.xlsx", True),
        ("interview.docx", True),
        ("coded.qdpx", True),
        ("my-study.qda/data.qda", True),
        ("tags.sqlite3", True),
        ("model.pkl", True),
        ("somewhere/pseudonym.key", True),
        ("src/ot_eval/data/people.csv", True),
        ("src/ot_eval/data/reference/cld_values.csv", False),
        ("tests/golden/survival/lung.csv", False),
        ("reports/demo/results.csv", False),
        ("reports/my-study/results.csv", True),
        ("docs/tutorial.md", False),
        ("src/ot_eval/base/study.py", False),
    ],
)
def test_the_hook_blocks_data_and_lets_the_rest_through(path, blocked):
    hook = HOOKS["no-study-data"]
    assert bool(re.search(hook["files"], path) and not re.search(hook["exclude"], path)) is blocked


@pytest.mark.parametrize(
    ("text", "blocked"),
    [('"output_type": "stream"', True), ('"execution_count": 3', True), ('"execution_count": null', False)],
)
def test_the_hook_blocks_outputs_of_notebooks(text, blocked):
    assert bool(re.search(HOOKS["no-notebook-outputs"]["entry"], text)) is blocked


def test_no_hook_downloads_anything():
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert [repo["repo"] for repo in config["repos"]] == ["local"]
    assert {hook["language"] for hook in HOOKS.values()} <= {"system", "fail", "pygrep"}


def tracked() -> list[Path]:
    """Return the files under version control; none where this is not a checkout."""
    done = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, text=True, check=False)
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


NEVER = {
    "a path of one machine": re.compile(rb"[\"'( =](?:/roo[t]/|/home/[a-z]|/Users/|[A-Z]:\\\\Users)"),
    "a registry's address": re.compile(rb"(?i)(?:index-url|find-links)\s*[= ]\s*\S*://"),
    "a private key": re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
}


def test_nothing_of_one_machine_is_committed():
    found = []
    for path in tracked():
        if path.suffix in (".png", ".xlsx", ".docx", ".parquet", ".sav", ".pdf") or path == Path(__file__).resolve():
            continue
        body = path.read_bytes()
        found += [f"{path.relative_to(ROOT)}: {what}" for what, pattern in NEVER.items() if pattern.search(body)]
    assert found == []
