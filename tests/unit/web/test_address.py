"""Where a request came to: what a proxy does to its path changes nothing of what is asked."""

import pytest

from mandate_web.address import Address

ROOT = "/mandate/governance"


@pytest.mark.parametrize(
    ("scope", "route", "path", "home"),
    [
        ({"path": "/v1/office"}, "/v1/office", "/v1/office", ""),
        ({"path": "/v1/office", "root_path": ROOT}, "/v1/office", f"{ROOT}/v1/office", ROOT),
        ({"path": f"{ROOT}/v1/office", "root_path": ROOT}, "/v1/office", f"{ROOT}/v1/office", ROOT),
        ({"path": ROOT, "root_path": ROOT}, "", ROOT, ROOT),
        ({"path": f"{ROOT}s/v1/office", "root_path": ROOT}, f"{ROOT}s/v1/office", f"{ROOT}{ROOT}s/v1/office", ROOT),
        (
            {"path": "/governance/v1/office", "root_path": "/governance", "app_root_path": ""},
            "/v1/office",
            "/governance/v1/office",
            "",
        ),
    ],
    ids=["reached directly", "taken off", "left", "left, and nothing more", "only alike", "mounted"],
)
def test_where_a_request_came_to(scope: dict[str, str], route: str, path: str, home: str) -> None:
    address = Address.of(scope)
    assert (address.route, address.path, address.home) == (route, path, home)


def test_a_reference_is_ascii() -> None:
    assert Address.of({"path": "/v1/né ant", "root_path": ROOT}).reference == f"{ROOT}/v1/n%C3%A9%20ant"
