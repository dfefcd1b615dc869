import pytest
from django.test import Client

from tests.cast import CastMember


@pytest.mark.parametrize("path", ["/help-now", "/help-now/", "/health/live"])
def test_a_page_for_everyone_asks_the_database_nothing_even_of_who_is_signed_in(
    path: str, client: Client, ada: CastMember, django_assert_num_queries
) -> None:
    client.force_login(ada.user)
    with django_assert_num_queries(0):
        assert client.get(path).status_code in (200, 301)


def test_another_page_does_ask(client: Client, ada: CastMember, django_assert_max_num_queries) -> None:
    client.force_login(ada.user)
    with django_assert_max_num_queries(60) as asked:
        client.get("/practice/")
    assert len(asked) > 0
