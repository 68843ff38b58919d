package picture

import (
	"bytes"
	"fmt"
	"image/png"
	"testing"
)

func TestPNG(t *testing.T) {
	seen := map[string]bool{}
	for n := range 40 {
		drawn := PNG(fmt.Sprint("seed ", n), 64, 48)
		config, err := png.DecodeConfig(bytes.NewReader(drawn))
		if err != nil || config.Width != 64 || config.Height != 48 {
			t.Fatalf("picture %d is %+v, %v", n, config, err)
		}
		if !bytes.Equal(drawn, PNG(fmt.Sprint("seed ", n), 64, 48)) {
			t.Errorf("picture %d is drawn differently again", n)
		}
		seen[string(drawn)] = true
	}
	if len(seen) != 40 {
		t.Errorf("only %d are different", len(seen))
	}
}
