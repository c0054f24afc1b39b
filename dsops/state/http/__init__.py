"""State on a server of Terraform's http-state protocol, GitLab's for one.

Vendor documentation: Terraform's ``http`` backend; GitLab's Terraform state, whose lock has an address of its own.
"""

from dsops.state.http.shelf import SETTINGS, HttpShelf

__all__ = ["SETTINGS", "HttpShelf"]
