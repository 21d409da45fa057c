"""The view with the partition names of raw tables: old dashboards' filters give the right rows,
and read no more partitions than they ask for."""

import calendar

import aws
from engine import Trino
from partitions import Partitions, check
from watch import Watch


def main():
    options = aws.options(__doc__)
    view = f"{options.table}_raw_names"
    with Watch() as watch:
        trino = Trino(options.trino, catalog="watched")
        trino.run(aws.program(options.program, "table", "view", "--table", options.table, "--view", view, text=True))
        partitions = Partitions(options.raw, watch, trino)
        account, region, (first, day, third, *_) = partitions.accounts[0], partitions.regions[1], partitions.dates
        year, month, number = day.split("-")
        slashes = {date: date.replace("-", "/") for date in partitions.dates}

        partitions.exactly("a day of timestamps", view,
                           f"timestamp >= '{slashes[day]}' AND timestamp < '{slashes[third]}'", dates=[day])
        partitions.exactly("timestamp BETWEEN, an account", view,
                           f"timestamp BETWEEN '{slashes[day]}' AND '{slashes[third]}' AND account = '{account}'",
                           accounts=[account], dates=[day, third])
        partitions.exactly("year, month and day", view,
                           f"year = '{year}' AND month = '{month}' AND day = '{number}'", dates=[day])
        partitions.exactly("year, month, day and region", view,
                           f"year = '{year}' AND month = '{month}' AND day = '{number}' AND region = '{region}'",
                           regions=[region], dates=[day])

        # A month is listed from the first event's day on.
        days = [f"{year}-{month}-{n:02}" for n in range(1, calendar.monthrange(int(year), int(month))[1] + 1)]
        partitions.exactly("year and month of a lane", view,
                           f"year = '{year}' AND month = '{month}' AND account = '{account}' AND region = '{region}'",
                           [account], [region], [date for date in days if date >= first])

        rows = trino.run(f"""SELECT timestamp, year, month, day, count(*) FROM {view}
            WHERE timestamp <= '{slashes[third]}' GROUP BY 1, 2, 3, 4 ORDER BY 1""").rows
        expected = [(slashes[date], *date.split("-"), partitions.true_count(dates=[date]))
                    for date in partitions.dates if date <= third]
        check(rows == expected, f"{rows}, not {expected}")

        columns = trino.run(f"SELECT * FROM {view} WHERE timestamp = '{slashes[day]}' LIMIT 1").columns
        table = aws.table(options.table)
        own = [column["Name"] for column in table["StorageDescriptor"]["Columns"] + table["PartitionKeys"]]
        check(set(columns) == {*own, "timestamp", "year", "month", "day"}, f"columns {set(columns) ^ set(own)}")
        check(len(columns) == len(set(columns)), "no name stands twice")
        print(f"  the view has the table's {len(own)} columns, and timestamp, year, month and day")


if __name__ == "__main__":
    main()
