package output

import (
	"encoding/csv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
)

// firstRows is how many rows of a list decide the widths of its table.
const firstRows = 1000

// List prints objects as a JSON array, CSV lines or a table, in bounded memory. The first 1000 rows decide how wide the
// table's columns are; longer text in later rows is wrapped.
type List struct {
	p     *Printer
	thing string
	added int
	lines *csv.Writer
	// rows are those of the table that have yet to be printed; columns and bottom are set once some are printed.
	rows    Sheet
	columns []table.ColumnConfig
	bottom  string
}

// NewList returns an empty list of things.
func (p *Printer) NewList(thing string, columns []Column) *List {
	l := &List{p: p, thing: thing, rows: NewSheet(columns), lines: csv.NewWriter(p.out)}
	if p.Format == CSV {
		var header []string
		for _, c := range columns {
			header = append(header, c.Name)
		}
		_ = l.lines.Write(header) // p.out keeps the error
	}
	return l
}

// Add adds an object for JSON, and its row, with a value for each column, for CSV and tables.
func (l *List) Add(object any, row ...any) {
	l.added++
	switch l.p.Format {
	case JSON:
		separator := ","
		if l.added == 1 {
			separator = "["
		}
		l.p.Printf("%s\n  %s", separator, l.p.encode(object, "  ", "  "))
	case CSV:
		var cells []string
		for _, value := range row {
			cells = append(cells, plain(value))
		}
		_ = l.lines.Write(cells) // p.out keeps the error
	default:
		if len(l.rows.rows) == firstRows {
			l.printRows()
		}
		l.rows.Add(row...)
	}
}

// End ends the list. Without End, the list is visibly incomplete.
func (l *List) End() {
	switch {
	case l.p.Format == CSV:
		l.lines.Flush()
	case l.p.Format == JSON && l.added == 0:
		l.p.Printf("[]\n")
	case l.p.Format == JSON:
		l.p.Printf("\n]\n")
	case l.added == 0:
		l.p.Printf("No %ss.\n", l.thing)
	case l.columns == nil:
		l.p.PrintTable(l.rows)
	default:
		l.printRows()
		l.p.Printf("%s\n", l.bottom)
	}
}

// printRows prints the rows of a table that goes on.
func (l *List) printRows() {
	above := 1 // the table's border
	if l.columns == nil {
		above = 0
		l.columns = l.p.layout(l.rows)
		for i := range l.columns {
			l.columns[i].WidthMin = l.columns[i].WidthMax
		}
	}
	text := l.p.newTable(l.rows, l.columns)
	if above > 0 {
		text.ResetHeaders()
	}
	lines := strings.Split(text.Render(), "\n")
	last := len(lines) - 1
	l.bottom = lines[last]
	l.p.Printf("%s\n", strings.Join(lines[above:last], "\n"))
	l.rows.rows = nil
}
