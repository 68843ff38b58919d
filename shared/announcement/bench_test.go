package announcement_test

import (
	"os"
	"testing"

	"sdtasktracker/shared/announcement"
)

func BenchmarkParse(b *testing.B) {
	message, err := os.ReadFile("testdata/v3-completed.json")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := announcement.Parse(message); err != nil {
			b.Fatal(err)
		}
	}
}
