import asyncio, collections, time, random, logging
import pytest
from parlour.assistant.accepting import stopping
from parlour.assistant.accepting.actions import accept
from parlour.assistant.accepting.entities import Cancelling
from parlour.settings import LabLimits
from parlour.kernel.refusals import Refusal
from tests.conftest import new_database
from tests.lab.racing import Pair, words

@pytest.mark.parametrize("n,m", [(10, 30), (40, 10)])
async def test_stress(postgresql, caplog, n, m):
    caplog.set_level(logging.INFO, logger="parlour.storage")
    pair = Pair(new_database(postgresql)); pair.open_tables(); pair.start()
    people = [await pair.account() for _ in range(n)]
    bad = collections.Counter()
    rnd = random.Random(1)
    async def one(db, who):
        for _ in range(m):
            await asyncio.sleep(rnd.random()*0.02)
            try:
                await db.write(lambda tx: accept(tx, words(who, "hi"), LabLimits()))
            except Refusal as r: bad[r.code]+=1
            await asyncio.sleep(rnd.random()*0.02)
            try:
                await db.write(lambda tx: stopping.cancel(tx, Cancelling(account_id=who, by=who, route="x", queue=True)))
            except Refusal as r: bad[r.code]+=1
    t=time.monotonic()
    people2 = people[:]; rnd.shuffle(people2)
    await asyncio.gather(*(one(db, who) for db, pp in zip(pair.both, (people, people2)) for who in pp))
    print(bad, time.monotonic()-t, collections.Counter((r.getMessage(), type(r.exc_info[1]).__name__ if r.exc_info else "") for r in caplog.records))
    await pair.close()
