"""Builds the ASGI application from its options."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette

from dsops.emulator.clock import Clock
from dsops.emulator.control import control_routes
from dsops.emulator.exchange import Api, Refusal, SetupError
from dsops.emulator.faults import Gate, Reading, Schedule
from dsops.emulator.geai import Geai
from dsops.emulator.limiting import LimitedSchedule
from dsops.emulator.modelarts import Modelarts
from dsops.emulator.options import Options
from dsops.emulator.past import Past
from dsops.emulator.pipeline import Pipeline
from dsops.emulator.requests import RequestLog
from dsops.emulator.seed import read_seed
from dsops.emulator.store import Store
from dsops.emulator.tokens import read_tokens
from dsops.emulator.uipath import Uipath
from dsops.emulator.vi import Vi


def create_app(options: Options) -> Starlette:
    """An emulator of its own, ready for a server or for `httpx.ASGITransport`.

    `app.state.requests` is the request log (a deque of Entry), `app.state.store` the data; close the store when done
    with a file (a server's shutdown does). Raises SetupError for a file that can't be used, Refusal for a wrong rule.
    """
    tokens, seed = read_tokens(options.tokens), read_seed(options.seed)
    requests, gate = RequestLog(), Gate()
    store, clock = Store(options.data), Clock(options.clock)

    def build(data: Store) -> tuple[Api, ...]:
        return (
            Uipath(data, tokens, clock, echo=options.echo_thresholds, put_existing=options.put_existing),
            Geai(data, tokens, clock, options.geai),
            Modelarts(data, tokens, clock, options.modelarts, wall=options.clock),
            Vi(data, tokens, clock, options.vi),
        )

    try:
        apis = build(store)
        faults = _schedule(options, lambda: Past(store, build))
    except (SetupError, Refusal):
        store.close()
        raise

    def reset() -> None:
        with store.transaction():
            store.clear()
            _load(seed, apis)
            for api in apis:
                api.generate(options.generate)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        store.close()

    if store.is_empty():
        try:
            reset()
        except Refusal as refusal:
            store.close()
            raise SetupError(f"{options.seed or '--generate'}: {refusal.message}") from refusal
    app = Starlette(routes=control_routes(requests, faults, gate, clock, reset), lifespan=lifespan)
    app.router.redirect_slashes = False
    app.router.default = Pipeline(apis, store, requests, faults, gate, options.clock, options.drop_error)
    app.state.requests, app.state.store = requests, store
    return app


def _schedule(options: Options, look_back: Callable[[], Reading]) -> Schedule:
    if options.limit is None:
        return Schedule(options.faults, look_back)
    return LimitedSchedule(options.faults, look_back, options.limit)


def _load(seed: Mapping[str, Any], apis: Sequence[Api]) -> None:
    known = {api.section: api for api in apis}
    for section, content in seed.items():
        if section not in known:
            raise Refusal(400, f"unknown section {section!r}; known are {', '.join(sorted(known))}")
        known[section].load(content)
