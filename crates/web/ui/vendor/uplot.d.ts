// The vendored file is this package's release; see ui/vendor/README.md.
import uPlot from "uplot";
export default uPlot;
