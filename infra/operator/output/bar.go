package output

import "github.com/cheggaaa/pb/v3"

// countTemplate shows done and total, the share, the rate, and the time left.
const countTemplate = `{{counters .}} {{bar .}} {{percent .}} {{speed . "%s/s"}} {{rtime . "%s left"}}`

// Bar is a progress bar. A nil Bar shows nothing. Its methods are safe for concurrent use.
type Bar struct{ bar *pb.ProgressBar }

// NewBar shows a bar that counts things. It returns nil if nobody watches.
func (p *Printer) NewBar() *Bar {
	if !p.Watched {
		return nil
	}
	return &Bar{pb.ProgressBarTemplate(countTemplate).New(0).SetWriter(p.progress).Start()}
}

// NewByteBar shows a bar that counts bytes. It returns nil if nobody watches.
func (p *Printer) NewByteBar() *Bar {
	if !p.Watched {
		return nil
	}
	return &Bar{pb.New64(0).Set(pb.Bytes, true).SetWriter(p.progress).Start()}
}

// Set moves the bar to done of total.
func (b *Bar) Set(done, total int) {
	if b != nil {
		b.bar.SetTotal(int64(total)).SetCurrent(int64(done))
	}
}

// Expect adds to the total.
func (b *Bar) Expect(n int64) {
	if b != nil {
		b.bar.AddTotal(n)
	}
}

// Write moves the bar by the length of p. It implements [io.Writer], and never fails.
func (b *Bar) Write(p []byte) (int, error) {
	if b != nil {
		b.bar.Add(len(p))
	}
	return len(p), nil
}

// Finish shows the bar for the last time. It may be called again.
func (b *Bar) Finish() {
	if b != nil {
		b.bar.Finish()
	}
}
