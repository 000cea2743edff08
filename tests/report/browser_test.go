package report_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/tests/internal/required"
)

// keepShots names a folder that the screenshots are copied to, for a look.
const keepShots = "REPORT_SHOTS"

const height = 3000

// The two widths: a laptop and a phone.
var widths = []int{1280, 420}

// Colours of internal/report/report.css in the light scheme.
var (
	openRed     = color.RGBA{0xc0, 0x1f, 0x31, 0xff}
	closedGreen = color.RGBA{0x0b, 0x7a, 0x4b, 0xff}
	pageGrey    = color.RGBA{0xf4, 0xf6, 0xf9, 0xff}
	cardWhite   = color.RGBA{0xff, 0xff, 0xff, 0xff}
	ruleGrey    = color.RGBA{0xdd, 0xe3, 0xea, 0xff}
)

func chromium(t *testing.T, args ...string) []byte {
	t.Helper()
	binary, err := exec.LookPath("chromium")
	if err != nil {
		required.Missing(t, "chromium is not installed; on Debian: apt-get install chromium")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	flags := []string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
		"--hide-scrollbars", "--force-device-scale-factor=1", "--user-data-dir=" + t.TempDir(),
	}
	cmd := exec.CommandContext(ctx, binary, append(flags, args...)...)
	cmd.WaitDelay = 5 * time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	require.NoError(t, cmd.Run(), "%s", stderr.String())
	return stdout.Bytes()
}

func screenshot(t *testing.T, page string, width int) image.Image {
	t.Helper()
	file := filepath.Join(t.TempDir(), "shot.png")
	chromium(t, fmt.Sprintf("--window-size=%d,%d", width, height), "--screenshot="+file, "file://"+page)
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	if folder := os.Getenv(keepShots); folder != "" {
		require.NoError(t, os.WriteFile(filepath.Join(folder, fmt.Sprintf("%s-%d.png", filepath.Base(t.Name()), width)), data, 0o600))
	}
	shot, err := png.Decode(bytes.NewReader(data))
	require.NoError(t, err)
	return shot
}

// pixels counts those of one colour within a rectangle.
func pixels(shot image.Image, area image.Rectangle, want color.RGBA) int {
	n := 0
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			if color.RGBAModel.Convert(shot.At(x, y)) == want {
				n++
			}
		}
	}
	return n
}

func TestReportInABrowser(t *testing.T) {
	for config, code := range map[string]int{"open.yaml": 1, "sealed.yaml": 0} {
		page := check(t, "html", config, code)
		for _, width := range widths {
			t.Run(fmt.Sprintf("%s at %d", config, width), func(t *testing.T) {
				shot := screenshot(t, page, width)
				bounds := shot.Bounds()
				require.Equal(t, width, bounds.Dx())

				// Closed points are green in both; only leaks are red.
				assert.Greater(t, pixels(shot, bounds, closedGreen), 500)
				red := pixels(shot, bounds, openRed)
				if code == 0 {
					// The legend in the footer explains the red symbol.
					assert.Less(t, red, 300, "red without a leak")
				} else {
					assert.Greater(t, red, 2000, "the open points must catch the eye")
				}

				// Nothing runs out of the page on the right: the outermost columns
				// are margin, header and its lower line.
				edge := image.Rect(bounds.Max.X-3, 0, bounds.Max.X, bounds.Max.Y)
				blank := pixels(shot, edge, pageGrey) + pixels(shot, edge, cardWhite) + pixels(shot, edge, ruleGrey)
				assert.Equal(t, edge.Dx()*edge.Dy(), blank, "content is cut off at the right edge")
			})
		}
	}
}

// What a screen reader gets comes from the document as the browser built it.
func TestReportIsReadAloud(t *testing.T) {
	dom := string(chromium(t, "--dump-dom", "file://"+check(t, "html", "open.yaml", 1)))
	for _, part := range []string{
		"<main>", "<header", "<footer>", `<nav class="matrix" aria-labelledby=`, `role="img"`,
		"4, In transit, out: open (TG020", `<th scope="row">`, `<th scope="col">`, `lang="en"`, "OPEN",
	} {
		assert.Contains(t, dom, part)
	}
	assert.NotContains(t, dom, "<script")
}

func TestReportPrints(t *testing.T) {
	file := filepath.Join(t.TempDir(), "report.pdf")
	chromium(t, "--no-pdf-header-footer", "--print-to-pdf="+file, "file://"+check(t, "html", "open.yaml", 1))
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.True(t, bytes.HasPrefix(data, []byte("%PDF-")))
	pages := bytes.Count(data, []byte("/Type /Page\n")) + bytes.Count(data, []byte("/Type /Page\r")) + bytes.Count(data, []byte("/Type /Page/"))
	assert.Positive(t, pages)
	assert.LessOrEqual(t, pages, 8, "a report of two pipelines fits a few pages")
	if folder := os.Getenv(keepShots); folder != "" {
		require.NoError(t, os.WriteFile(filepath.Join(folder, "report.pdf"), data, 0o600))
	}
}
