import pytest

from trunkline.control import ServiceError


def _names(candidates):
    return [(item.route.carrier.name, round(item.share, 2)) for item in candidates]


def test_the_longest_prefix_counts_then_priority_then_weight(cast, services):
    third = services.carriers.create("third", "192.0.2.3")
    services.routes.add("", cast.backup)
    services.routes.add("44", cast.backup, priority=20)
    services.routes.add("+44", cast.telco, weight=10)
    services.routes.add("44", third, weight=30)
    assert _names(services.routes.which("+447700900000")) == [("third", 0.75), ("telco", 0.25), ("backup", 1.0)]
    assert _names(services.routes.which("33123456789")) == [("backup", 1.0)]


def test_a_prefix_whose_carriers_are_all_disabled_does_not_hide_a_shorter_one(cast, services):
    services.routes.add("44", cast.telco)
    services.routes.add("4", cast.backup)
    services.carriers.change(cast.telco, enabled=False)
    assert _names(services.routes.which("+447700900000")) == [("backup", 1.0)]


def test_a_prefix_is_refused_whatever_carriers_it_has(cast, services):
    services.routes.add("44", cast.telco)
    services.routes.add("447", cast.telco)
    refused = services.routes.refuse("+44")
    assert [item.route for item in services.routes.which("+442071234567")] == [refused]
    assert services.routes.as_dict(refused)["carrier"] is None
    assert (str(refused), [route.prefix for route in services.routes.beyond(refused)]) == ("44, refused", ["447"])
    assert _names(services.routes.which("+447700900000")) == [("telco", 1.0)]
    with pytest.raises(ServiceError, match=f"refused already: see `trunkline route remove {refused.pk}`"):
        services.routes.refuse("44")
    services.routes.remove(refused)
    assert _names(services.routes.which("+442071234567")) == [("telco", 1.0)]


def test_no_route_is_an_empty_list(cast, services):
    services.routes.add("44", cast.telco)
    assert services.routes.which("+33123456789") == []


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        ({"prefix": "+4x"}, "not a prefix"),
        ({"priority": -1}, "priority cannot be -1"),
        ({"weight": 70000}, "from 0 to 65535"),
        ({"prefix": "44"}, r"already serves prefix 44 by route \d+: change that one with `trunkline route set \d+`"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do(cast, services, wrong, hint):
    services.routes.add("44", cast.telco)
    with pytest.raises(ServiceError, match=hint):
        services.routes.add(**({"prefix": "1", "carrier": cast.telco} | wrong))


def test_an_unknown_route_is_not_found(services):
    with pytest.raises(ServiceError, match="route list"):
        services.routes.get(99)
