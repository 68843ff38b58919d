package output

import "encoding/csv"

// List prints objects: JSON as an array and CSV as lines, in memory that doesn't grow with their number, or a table.
type List struct {
	p     *Printer
	thing string
	added int
	lines *csv.Writer
	rows  Sheet // of the table
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

// Add adds an object, which JSON shows, and its row, which has a value for each column.
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
		l.rows.Add(row...)
	}
}

// End prints what is left. A list without End is incomplete, and shows it.
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
	default:
		l.p.PrintTable(l.rows)
	}
}
