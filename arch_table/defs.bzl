"""The flag that chooses the rows of the table."""

def _target_list_impl(ctx):
    return [platform_common.TemplateVariableInfo({
        "TARGET_LIST": ",".join(ctx.build_setting_value),
    })]

target_list = rule(
    doc = "A list of targets as a flag; $(TARGET_LIST) in a genrule.",
    build_setting = config.string_list(flag = True),
    implementation = _target_list_impl,
)
