"""An aligned text table with totals below."""


class Table:
    def __init__(self, title, *columns):
        self.title, self.rows, self.totals = title, [columns], []

    def add(self, *cells):
        self.rows.append(
            tuple("" if cell is None else f"{cell:.1e}" if isinstance(cell, float) else str(cell) for cell in cells)
        )

    def total(self, line):
        self.totals.append(line)

    def write(self, path):
        widths = [max(len(row[column]) for row in self.rows) for column in range(len(self.rows[0]))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in self.rows]
        path.write_text("\n".join([self.title, "", *lines, "", *self.totals]) + "\n", encoding="utf-8")
