"""Leads an older botocore to the local AWS.

Before 1.31 (boto3 1.28) it does not read AWS_ENDPOINT_URL, and a function would call the real AWS. Some systems ship such
a version, and some functions carry one along.
"""

import functools
import os
import sys


class Watch:
    """Stands before the finders of modules until somebody imports botocore."""

    def find_spec(self, name, path=None, target=None):
        if name != "botocore.session":
            return None
        sys.meta_path.remove(self)
        from importlib.util import find_spec

        spec = find_spec(name)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def load_and_lead(module):
                load(module)
                lead(module)

            spec.loader.exec_module = load_and_lead
        return spec


def lead(session):
    """Where no endpoint is given to a client, it gets the one of the variables, as later versions would have it."""
    if hasattr(sys.modules.get("botocore.configprovider"), "ConfiguredEndpointProvider"):
        return
    create_client = session.Session.create_client

    @functools.wraps(create_client)
    def led(
        self, service_name, region_name=None, api_version=None, use_ssl=True, verify=None, endpoint_url=None, *more, **named
    ):
        url = endpoint_url or configured(self.get_service_model(service_name, api_version).service_id)
        return create_client(self, service_name, region_name, api_version, use_ssl, verify, url, *more, **named)

    session.Session.create_client = led


def configured(service_id):
    """The endpoint of a service (`CloudWatch Logs`) by AWS's variables, or None."""
    if os.environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
        return None
    own = os.environ.get("AWS_ENDPOINT_URL_" + service_id.replace(" ", "_").upper())
    return own or os.environ.get("AWS_ENDPOINT_URL")


def watch():
    sys.meta_path.insert(0, Watch())
