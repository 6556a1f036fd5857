/* The palette: every command there is, wherever one stands. */
#include "base/i18n.h"
#include "base/str.h"
#include "ui/views/picker.h"

static void open_palette(struct sg_view *v, const struct sg_view_arg *arg)
{
    (void)arg;
    sg_picker_open((struct sg_picker *)v, false);
}

static void title(struct sg_view *v, char *dst, size_t cap)
{
    (void)v;
    sg_copy(dst, cap, _("Command"));
}

static void size(struct sg_view *v, int *h, int *w)
{
    (void)v;
    *h = 18;
    *w = 92;
}

const struct sg_view_ops sg_view_palette = {
    .name = "palette", .context = SG_CTX_FORM, .dialog = true, .size = sizeof(struct sg_picker), .open = open_palette, .title = title,
    .dialog_size = size, .draw = sg_picker_draw, .command = sg_picker_command, .key = sg_picker_key, .tell = sg_picker_tell,
};
