"""The services and their parts, as tests name them."""

from typing import Final

from governance import main as governance
from projects import main as projects
from reporting import main as reporting

GOVERNANCE_SERVICE: Final = governance.SERVICE
PROJECTS_SERVICE: Final = projects.SERVICE
REPORTING_SERVICE: Final = reporting.SERVICE
GOVERNANCE: Final = governance.GOVERNANCE
PROJECTS: Final = projects.PROJECTS
REPORTING: Final = reporting.REPORTING

SERVICES: Final = (GOVERNANCE_SERVICE, PROJECTS_SERVICE, REPORTING_SERVICE)
DOMAINS: Final = (GOVERNANCE, PROJECTS, REPORTING)

on_projects: Final = GOVERNANCE_SERVICE.house.policy("projects")
on_governance: Final = PROJECTS_SERVICE.house.policy("governance")
HEARD_OF_PROJECTS: Final = GOVERNANCE_SERVICE.house.heard["projects"]
HEARD_OF_GOVERNANCE: Final = PROJECTS_SERVICE.house.heard["governance"]
HEARD: Final = REPORTING_SERVICE.house.heard
GOVERNANCE_LISTS: Final = GOVERNANCE_SERVICE.lists
REPORTING_LISTS: Final = REPORTING_SERVICE.lists
DUE: Final = {service.name: service.house.listed["due"][0] for service in (GOVERNANCE_SERVICE, PROJECTS_SERVICE)}
