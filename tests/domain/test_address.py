"""Whom limits take for one and the same."""

import pytest

from domain.access.address import counted_as


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::9", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("/run/api.socket", "/run/api.socket"),
    ],
)
def test_a_machine_cannot_be_many_by_choosing_ipv6_addresses(address: str, counted: str) -> None:
    """It has 2^64 of them; of IPv4 it has the one that it is seen with."""
    assert counted_as(address) == counted
