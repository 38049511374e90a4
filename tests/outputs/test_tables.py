"""Tables: every cell is a released number, and a hidden one says so."""

from ot_eval.outputs import table_people, tables


def test_table_one_has_a_column_a_population_with_its_people(released):
    table = table_people.table_one(released)
    assert table.head == ("", "Everyone (645)", "New clients (410)", "Existing clients (235)")
    groups = {group.heading: group for group in table.groups}
    sex = {row.header: row.cells for row in groups["Sex"].rows}
    assert sex["female"] == ("395 (61%)", "250 (61%)", "145 (62%)")


def test_a_hidden_level_is_said_to_be_hidden_and_given_with_its_companion(released):
    table = table_people.table_one(released)
    carer = {row.header: row.cells for row in next(g for g in table.groups if g.heading == "Has an unpaid carer").rows}
    assert carer["unknown"] == carer["yes"] == ("hidden",) * 3
    assert carer["yes or unknown"][1] == "200 (49%)"
    assert table.has_hidden


def test_estimates_stand_under_their_population_with_interval_people_and_events(released):
    rows = released.find("cumulative_incidence")
    table = tables.estimates(rows, "caption", "t")
    assert table.head == ("", "Cumulative incidence", "95% interval", "People", "Events")
    assert [g.heading for g in table.groups] == ["Everyone", "New clients", "Existing clients"]
    first = table.groups[1].rows[2]
    assert first.header == "A larger care package, 12 months"
    e = released.one("cumulative_incidence", population="new", outcome="increase", term="day 365")
    assert first.cells[0] == f"{round(100 * e.value)}%"
    assert first.cells[2:] == ("410", "80")
    hidden = next(row for group in table.groups for row in group.rows if row.cells[0].startswith("hidden"))
    assert hidden.cells[0] == "hidden (fewer than 10 events)"
    assert hidden.cells[3] == "hidden"


def test_different_methods_get_a_column_and_one_method_a_note(released):
    one = tables.estimates(released.find("cox"), "c", "t")
    assert one.note.startswith("Method: invented by formula.")
    mixed = tables.estimates((*released.find("cox"), *released.find("restricted_mean")), "c", "t")
    assert mixed.head[-1] == "Method" or "Method: invented by formula." in mixed.note


def test_the_flow_leaves_out_of_the_diagram_what_changed_no_shown_number(released):
    steps = table_people.shortened(table_people.main_flow(released))
    assert [s.n_left for s in steps] == [1145, 1095, 1010, 690, 645]
    table = table_people.flow(released)
    assert len(table.rows) == len(released.flow)


def test_facts_are_in_the_readers_words(released):
    rows = {row.header: row.cells[0] for row in tables.sources(released).rows}
    assert rows["Data end"] == "31 March 2026"
    assert "synthetic" not in str(rows).lower()


def test_absent_parts_have_no_table(released):
    from dataclasses import replace

    bare = replace(released, estimates=(), checks=(), deviations=(), flow=(), facts={"synthetic": "yes"})
    makers = (table_people.table_one, table_people.flow, tables.checks, tables.deviations, tables.sources)
    assert [make(bare) for make in makers] == [None] * 5
