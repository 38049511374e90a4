"""The same study read on Spark gives the same rows, events, problems and quality report as on DuckDB."""

import pytest

from ot_eval.base.protocol import Engine, Protocol
from ot_eval.data.formats import read_raw
from ot_eval.data.ot_keywords import propose_contacts, shipped_keywords
from ot_eval.data.quality import data_quality
from ot_eval.data.read import read_study

KEY = b"k" * 32


def study(engine):
    options = {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.codegen.wholeStage": "false",  # compiling Java costs more than a few dozen rows save
    }
    return Protocol(study="test", title="A test", question="What happens?", engine=Engine(name=engine, options=options))


def lines(table):
    return sorted(str(sorted((k, str(v)) for k, v in row.items())) for row in table.to_pyarrow().to_pylist())


def everything(folder, engine):
    inputs = read_study(folder, study(engine), key=KEY)
    tables = {name: lines(table) for name, table in inputs.tables.items()}
    tables |= {"rows": lines(inputs.cld_rows), "files": lines(inputs.cld_files), "events": lines(inputs.cld_events)}
    tables["proposed"] = lines(propose_contacts(inputs.cld_events, shipped_keywords()))
    return tables, inputs.problems, inputs.facts, data_quality(inputs)


# Spark's bridge to Java leaves its sockets to the garbage collector; nothing of ours is open.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.spark
def test_duckdb_and_spark_read_the_same(folder, cld):
    import pyarrow.parquet as pq

    dirty = [
        cld.event(nhs_number="9990000001", description="OT visit", provider_id="X"),
        cld.event(nhs_number="9990000001", la_person_id="D1", description="b", start_date="2025-01-10 00:00:00"),
        cld.event(start_date="1/2/2025", description="c", planned_units="ten", unit_cost="-3", outcome="local"),
        cld.event(start_date="30/02/2025", description="d", death_date="01/03/2025"),
        cld.event(description="gone"),
        cld.event(description="gone"),
    ]
    text = cld.as_csv([*dirty, *cld.ended_events("01/2025", "02/2025", "03/2025")])
    (folder.cld / "1.csv").write_text(text, encoding="utf-8")
    pq.write_table(read_raw(folder.cld / "1.csv").table, folder.cld / "1.parquet")
    (folder.cld / "1.csv").unlink()
    later = [dict(r, stated_start="01/04/2025", stated_end="30/06/2025") for r in dirty[:-2]]
    filler = cld.ended_events("04/2025", "05/2025", "06/2025", stated=("01/04/2025", "30/06/2025"))
    (folder.cld / "2.csv").write_text(cld.as_csv([*later, *filler]), encoding="utf-8")
    contacts = "contact_id,person_id,date,staff_role\nC1,D1,01/02/2025,OT\n"
    (folder.data / "contacts.csv").write_text(contacts, encoding="utf-8")
    assert everything(folder, "duckdb") == everything(folder, "spark")
