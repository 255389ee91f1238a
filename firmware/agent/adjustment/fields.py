"""The legally relevant parameters: keys, names with units, ranges, and what makes a whole map valid.

Keys below 32 are type-specific and belong to the configuration counter, the others device-specific and belong to the
calibration counter (OIML D 31). The definition is `parameter-map` in `protocol/steelyard.cddl`.
"""

from micropython import const

MAX_MG = const(1)
FIRST_POINT_KEY = const(40)
END_POINT_KEY = const(52)
_E_MG = const(3)
# Partial weighing ranges: each has its end and the interval of the next one.
_FIRST_RANGE_KEY = const(16)
_END_RANGE_KEY = const(20)
_LEAST_STEPS = const(500)  # of the next interval in a range, for class III (after R 76-1, 3.3.3)

_KEY = const(0)
_NAME = const(1)
_MINIMUM = const(2)
_MAXIMUM = const(3)

# ---- from steelyard.cddl, by `make tables`
FIELDS = (
    (1, "max_mg", 1000, 1000000000),
    (2, "min_mg", 0, 1000000000),
    (3, "e_mg", 1, 100000000),
    (4, "filter_samples", 1, 64),
    (5, "stability_band_millie", 1, 10000),
    (6, "stability_time_ms", 100, 10000),
    (7, "zero_tracking_millie_per_s", 0, 500),
    (8, "zero_setting_permille", 0, 40),
    (9, "initial_zero_permille", 0, 200),
    (10, "price_decimals", 0, 4),
    (11, "currency", 0, 999),
    (12, "permit_required", 0, 1),
    (13, "sales", 0, 3),
    (14, "price_per_100_g", 0, 1),
    (15, "till_tare", 0, 1),
    (16, "max_1_mg", 1000, 1000000000),
    (17, "e_2_mg", 1, 100000000),
    (18, "max_2_mg", 1000, 1000000000),
    (19, "e_3_mg", 1, 100000000),
    (20, "low_pass", 0, 1),
    (32, "zero_counts", -8388608, 8388607),
    (33, "gravity_calibration_um_s2", 9700000, 9900000),
    (34, "gravity_use_um_s2", 9700000, 9900000),
    (35, "reference_temperature_cdeg", -5500, 12500),
    (36, "zero_temperature_mcounts_per_k", -10000000, 10000000),
    (37, "span_temperature_ppb_per_k", -10000000, 10000000),
    (40, "point_1_counts", 1, 16777215),
    (41, "point_1_mg", 1, 1000000000),
    (42, "point_2_counts", 1, 16777215),
    (43, "point_2_mg", 1, 1000000000),
    (44, "point_3_counts", 1, 16777215),
    (45, "point_3_mg", 1, 1000000000),
    (46, "point_4_counts", 1, 16777215),
    (47, "point_4_mg", 1, 1000000000),
    (48, "point_5_counts", 1, 16777215),
    (49, "point_5_mg", 1, 1000000000),
    (50, "point_6_counts", 1, 16777215),
    (51, "point_6_mg", 1, 1000000000),
)
_OPTIONAL = (13, 14, 15, 16, 17, 18, 19, 20, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51)
# ----


def key_of(name):
    """Return the key of a parameter's name, None for an unknown one."""
    for field in FIELDS:
        if field[_NAME] == name:
            return field[_KEY]
    return None


def name_of(key):
    """Return the name of a parameter's key, None for an unknown one."""
    for field in FIELDS:
        if field[_KEY] == key:
            return field[_NAME]
    return None


def breach(parameters):
    """Return what keeps a map from being valid, in words; None if it is valid."""
    if not isinstance(parameters, dict):
        return "the parameters are not a map"
    for key in parameters:
        if name_of(key) is None:
            return "parameter %s is unknown" % key
    for key, name, minimum, maximum in FIELDS:
        if key not in parameters:
            if key not in _OPTIONAL:
                return "%s is missing" % name
        elif type(parameters[key]) is not int or not minimum <= parameters[key] <= maximum:
            return "%s is %s: %d to %d expected" % (name, parameters[key], minimum, maximum)
    return _point_breach(parameters) or _range_breach(parameters)


def _point_breach(parameters):
    """The calibration points are filled from the first, whole, and rise in counts and in mass."""
    last_counts = last_mg = 0
    ended = False
    for key in range(FIRST_POINT_KEY, END_POINT_KEY, 2):
        counts, mg = parameters.get(key), parameters.get(key + 1)
        if counts is None and mg is None:
            ended = True
        elif counts is None or mg is None:
            return "%s and %s: give both or neither" % (name_of(key), name_of(key + 1))
        elif ended:
            return "%s follows an empty calibration point: fill them from the first" % name_of(key)
        elif counts <= last_counts or mg <= last_mg:
            return "%s or %s does not rise above the point before" % (name_of(key), name_of(key + 1))
        else:
            last_counts, last_mg = counts, mg
    return None


def _range_breach(parameters):
    """Partial ranges are filled from the first, whole, rise, and end on a step of both intervals (R 76-1, 3.3)."""
    last_mg, e_mg = 0, parameters[_E_MG]
    ended = False
    for key in range(_FIRST_RANGE_KEY, _END_RANGE_KEY, 2):
        end_mg, next_e_mg = parameters.get(key), parameters.get(key + 1)
        if end_mg is None and next_e_mg is None:
            ended = True
        elif end_mg is None or next_e_mg is None:
            return "%s and %s: give both or neither" % (name_of(key), name_of(key + 1))
        elif ended:
            return "%s follows an empty partial range: fill them from the first" % name_of(key)
        elif not last_mg < end_mg < parameters[MAX_MG] or next_e_mg <= e_mg:
            return "%s or %s does not rise above the range before, or reaches Max" % (name_of(key), name_of(key + 1))
        elif end_mg % e_mg or end_mg % next_e_mg or end_mg < _LEAST_STEPS * next_e_mg:
            return "%s is not a whole number of both intervals that meet there, at least 500" % name_of(key)
        else:
            last_mg, e_mg = end_mg, next_e_mg
    return None
