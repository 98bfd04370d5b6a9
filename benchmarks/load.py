"""Clients that ask again as soon as they have their answer.

Reads rows as JSON from the standard input; each request is one of them.
Arguments: URL, seconds, clients.
"""

import asyncio
import json
import statistics
import sys
import time

import aiohttp


async def client(session, url, bodies, first, end, times, failures):
    turn = first
    while time.perf_counter() < end:
        begin = time.perf_counter()
        try:
            async with session.post(url, data=bodies[turn]) as response:
                content = await response.read()
                if response.status != 200:
                    raise ValueError(content.decode())
        except (aiohttp.ClientError, ValueError, OSError) as error:
            failures.append(str(error))
        else:
            times.append(time.perf_counter() - begin)
        turn = (turn + 1) % len(bodies)


async def answer(session, url, body) -> float:
    async with session.post(url, data=body) as response:
        return (await response.json())["predictions"][0]


async def main(url: str, seconds: float, clients: int, rows: list) -> dict:
    bodies = [json.dumps({"instances": [row]}).encode() for row in rows]
    times, failures = [], []
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=clients),
        headers={"Content-Type": "application/json"},
    ) as session:
        answers = [await answer(session, url, body) for body in bodies]
        begin = time.perf_counter()
        await asyncio.gather(
            *(
                client(
                    session,
                    url,
                    bodies,
                    i % len(bodies),
                    begin + seconds,
                    times,
                    failures,
                )
                for i in range(clients)
            )
        )
        passed = time.perf_counter() - begin
    times.sort()
    return {
        "requests": len(times) + len(failures),
        "failed": len(failures),
        "failures": failures[:3],
        "rate": len(times) / passed,
        "median_ms": 1000 * statistics.median(times or [0]),
        "p99_ms": 1000 * (times or [0])[int(0.99 * len(times))],
        "answers": answers,
    }


if __name__ == "__main__":
    url, seconds, clients = sys.argv[1:]
    result = main(url, float(seconds), int(clients), json.load(sys.stdin))
    print(json.dumps(asyncio.run(result)))
