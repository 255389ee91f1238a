"""The words for kinds of organisations, roles, and what a token may do."""

from steelyard_cloud.web.words.i18n import N_

KIND_WORDS = {
    "type_evaluation": N_("Type-evaluation institution"),
    "manufacturer": N_("Manufacturer"),
    "verification": N_("Verification institution"),
    "supervision": N_("Supervision department"),
    "repairer": N_("Repairer"),
    "operator": N_("Market operator or shop"),
    "platform": N_("Platform"),
}
ROLE_WORDS = {
    "admin": N_("Administrator"),
    "manufacturer": N_("Manufacturer"),
    "verification": N_("Verification"),
    "regulator": N_("Supervision"),
    "technician": N_("Technician"),
    "type_evaluation": N_("Type evaluation"),
    "repairer": N_("Repairer"),
    "operator": N_("Operator or shop"),
}
SCOPE_WORDS = {
    "read": N_("Read"),
    "scales": N_("Act on scales"),
    "alerts": N_("Decide alerts"),
    "enrolment": N_("Enrol scales"),
    "catalogue": N_("Enter types, orders and divisions"),
    "updates": N_("Bring and send updates"),
    "people": N_("Manage people and tokens"),
}
