"""Run the simulator as a process."""

from argparse import SUPPRESS, ArgumentParser
import asyncio
import json
import logging
import signal
from typing import Any

from .account import AccountNumber, SimulatedAccount
from .simulator import Simulator
from .wire.dialect import Dialect


def _options() -> dict[str, Any]:
    """Read the command line; options that are not given are left to the simulator."""
    parser = ArgumentParser(
        "python -m simulator",
        description="A stand-in for 46elks",
        argument_default=SUPPRESS,
    )
    parser.add_argument("--port", type=int, default=0, help="default: any free port")
    parser.add_argument("--speed", type=float, help="simulated seconds per real second")
    parser.add_argument("--manual", action="store_true", help="phones ring on the page")
    parser.add_argument("--username", help="API username")
    parser.add_argument("--password", help="API password")
    parser.add_argument("--displayname", help="the account's name")
    parser.add_argument("--balance", type=int, help="in 1/10000 of the currency")
    parser.add_argument(
        "--number",
        action="append",
        dest="numbers",
        type=AccountNumber,
        default=list(SimulatedAccount.numbers),
        metavar="E164",
        help="another number for calls; may be given several times",
    )
    parser.add_argument("--trial", action="store_true", help="a trial account")
    parser.add_argument(
        "--dialect",
        type=_dialect,
        metavar="JSON",
        help='fields of simulator/wire/dialect.py, or a random one: {"seed": 7}',
    )
    return vars(parser.parse_args())


def _dialect(text: str) -> Dialect:
    return Dialect.read(json.loads(text))


async def _run(port: int, **options: Any) -> None:
    """Serve until a signal comes to stop."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    simulator = Simulator(**options)
    async with simulator.serve(port) as url:
        ready = {
            "url": url,
            "api_url": simulator.api_url,
            "username": simulator.username,
            "password": simulator.password,
        }
        print(json.dumps(ready), flush=True)
        await stop.wait()


logging.basicConfig(level=logging.INFO)
asyncio.run(_run(**_options()))
