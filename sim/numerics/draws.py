"""Keyed random numbers: the only randomness of the model.

A draw is a pure function of (seed, decision, entity, day, occurrence): no stream, no state.
The order of agents, threads, chunks and other agents' draws cannot change it, so arms that
differ in a policy share every draw that the policy leaves alone (common random numbers).

``exp`` and ``log`` are our own: libm's and NumPy's differ between machines (FMA, AVX-512),
and one last bit is enough to send a community down another path.
"""

from __future__ import annotations

import hashlib
import math

import numpy as np

from sim.numerics.jit import rule

_C1 = np.uint64(0x9E3779B97F4A7C15)
_C2 = np.uint64(0xD1B54A32D192ED03)
_C3 = np.uint64(0x8CB92BA72F3D8DD7)
_M1 = np.uint64(0xBF58476D1CE4E5B9)
_M2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_UNIT = 1.0 / (1 << 53)
_POWERS = np.array([math.ldexp(1.0, k) for k in range(-1022, 1023)])  # exact; ldexp itself costs 10 ns


def decision(name: str) -> np.uint64:
    """The stable integer of a decision's name (the same in every version and process)."""
    return np.uint64(int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little"))


@rule
def mix(h):
    """SplitMix64's finaliser: every input bit reaches every output bit."""
    h = (h ^ (h >> _S30)) * _M1
    h = (h ^ (h >> _S27)) * _M2
    return h ^ (h >> _S31)


@rule
def bits(seed, decision, entity, day, occurrence):
    """64 uniform bits for one decision of one entity on one day, the n-th time."""
    h = mix(np.uint64(seed) * _C1 ^ np.uint64(decision))
    h = mix(h + np.uint64(entity) * _C2)
    return mix(h ^ (np.uint64(day) * _C3 + np.uint64(occurrence) * _C1))


@rule
def uniform(seed, decision, entity, day, occurrence):
    """Uniform on [0, 1), a multiple of 2**-53."""
    return np.float64(bits(seed, decision, entity, day, occurrence) >> _S11) * _UNIT


@rule
def exp(x):
    """e**x to 1 ulp or so, the same bits on every x86-64 machine; 0 below -700, capped at 700."""
    if x < -700.0:
        return 0.0
    if x > 700.0:
        x = 700.0
    k = math.floor(x * 1.4426950408889634 + 0.5)
    r = (x - k * 0.693145751953125) - k * 1.42860682030941723212e-6
    t = 1.0 / 479001600.0
    t = t * r + 1.0 / 39916800.0
    t = t * r + 1.0 / 3628800.0
    t = t * r + 1.0 / 362880.0
    t = t * r + 1.0 / 40320.0
    t = t * r + 1.0 / 5040.0
    t = t * r + 1.0 / 720.0
    t = t * r + 1.0 / 120.0
    t = t * r + 1.0 / 24.0
    t = t * r + 1.0 / 6.0
    t = t * r + 0.5
    t = t * r + 1.0
    t = t * r + 1.0
    return t * _POWERS[int(k) + 1022]


@rule
def log(x):
    """Natural logarithm of x > 0, by atanh series after exact scaling; -745 at or below 0."""
    if x <= 0.0:
        return -745.0
    m, e = math.frexp(x)
    if m < 0.7071067811865476:
        m *= 2.0
        e -= 1
    f = (m - 1.0) / (m + 1.0)
    q = f * f
    t = 1.0 / 21.0
    t = t * q + 1.0 / 19.0
    t = t * q + 1.0 / 17.0
    t = t * q + 1.0 / 15.0
    t = t * q + 1.0 / 13.0
    t = t * q + 1.0 / 11.0
    t = t * q + 1.0 / 9.0
    t = t * q + 1.0 / 7.0
    t = t * q + 1.0 / 5.0
    t = t * q + 1.0 / 3.0
    t = t * q + 1.0
    return 2.0 * f * t + e * 0.6931471805599453


@rule
def logistic(x):
    """sigma(x) = 1 / (1 + e**-x)."""
    return 1.0 / (1.0 + exp(-x))


@rule
def exponential(u):
    """Exp(1) by inversion of a uniform u in [0, 1)."""
    return -log(1.0 - u)


@rule
def normal(u):
    """Standard normal quantile of u (Acklam's rational approximation, |relative error| < 1.2e-9)."""
    if u <= 0.0:
        u = 1e-16
    if u >= 1.0:
        u = 1.0 - 1e-16
    if u < 0.02425:
        q = math.sqrt(-2.0 * log(u))
        return _tail(q)
    if u > 0.97575:
        q = math.sqrt(-2.0 * log(1.0 - u))
        return -_tail(q)
    q = u - 0.5
    r = q * q
    a = (
        (((-39.69683028665376 * r + 220.9460984245205) * r - 275.9285104469687) * r + 138.3577518672690) * r
        - 30.66479806614716
    ) * r + 2.506628277459239
    b = (
        (((-54.47609879822406 * r + 161.5858368580409) * r - 155.6989798598866) * r + 66.80131188771972) * r
        - 13.28068155288572
    ) * r + 1.0
    return a * q / b


@rule
def _tail(q):
    a = (
        (((-0.007784894002430293 * q - 0.3223964580411365) * q - 2.400758277161838) * q - 2.549732539343734)
        * q
        + 4.374664141464968
    ) * q + 2.938163982698783
    b = (
        ((0.007784695709041462 * q + 0.3224671290700398) * q + 2.445134137142996) * q + 3.754408661907416
    ) * q + 1.0
    return a / b


@rule
def gamma2(u1, u2):
    """Gamma with shape 2 and mean 1 from two uniforms: the mean of two exponentials."""
    return 0.5 * (exponential(u1) + exponential(u2))


@rule
def poisson(mean, u):
    """Poisson count by inversion; exact for mean <= 500."""
    p = exp(-mean)
    total = p
    n = 0
    while u >= total and n < 2000:
        n += 1
        p *= mean / n
        total += p
    return n


@rule
def gamma(shape, seed, decision, entity):
    """Gamma(shape) with mean ``shape``, Marsaglia and Tsang's method on keyed draws."""
    d = (shape if shape >= 1.0 else shape + 1.0) - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    value = d
    for n in range(64):
        x = normal(uniform(seed, decision, entity, n, 0))
        v = 1.0 + c * x
        if v <= 0.0:
            continue
        v = v * v * v
        if log(uniform(seed, decision, entity, n, 1) + 1e-300) < 0.5 * x * x + d - d * v + d * log(v):
            value = d * v
            break
    if shape < 1.0:
        value *= exp(log(uniform(seed, decision, entity, 0, 2) + 1e-300) / shape)
    return value
