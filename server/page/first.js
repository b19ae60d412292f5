// Hides what is for browsers without scripts, before it is seen; shows it again when the
// page's own script fails, as it does in browsers from before 2017.
document.documentElement.className = 'js';
window.onerror = function () {
	if (!window.joinPageRuns)
		document.documentElement.className = '';
};
