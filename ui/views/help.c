/* Help: what the keys do on the screen one came from, each with its sentence; runnable from here. */
#include "base/i18n.h"
#include "base/str.h"
#include "ui/app.h"
#include "ui/views/picker.h"

static void open_help(struct sg_view *v, const struct sg_view_arg *arg)
{
    (void)arg;
    sg_picker_open((struct sg_picker *)v, true);
}

static void title(struct sg_view *v, char *dst, size_t cap)
{
    char below[128] = "";
    struct sg_view *g = sg_app_ground(v->app);
    if (g && g->ops->title)
        g->ops->title(g, below, sizeof below);
    sg_format(dst, cap, _("Help: %s"), below);
}

static void size(struct sg_view *v, int *h, int *w)
{
    (void)v;
    *h = 40;
    *w = 110;
}

const struct sg_view_ops sg_view_help = {
    .name = "help", .context = SG_CTX_FORM, .dialog = true, .size = sizeof(struct sg_picker), .open = open_help, .title = title,
    .dialog_size = size, .draw = sg_picker_draw, .command = sg_picker_command, .key = sg_picker_key, .tell = sg_picker_tell,
};
