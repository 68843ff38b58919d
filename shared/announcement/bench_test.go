package announcement_test

import (
	"encoding/json"
	"os"
	"testing"

	"sdtasktracker/shared/announcement"
)

// BenchmarkParse compares Parse with encoding/json.
func BenchmarkParse(b *testing.B) {
	message, err := os.ReadFile("testdata/V3Completed.json")
	if err != nil {
		b.Fatal(err)
	}
	b.Run("Parse", func(b *testing.B) {
		for b.Loop() {
			if _, err := announcement.Parse(message); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("EncodingJSON", func(b *testing.B) {
		for b.Loop() {
			var fields map[string]any
			if err := json.Unmarshal(message, &fields); err != nil {
				b.Fatal(err)
			}
		}
	})
}
