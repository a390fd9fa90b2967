from tcc.configs import schema


def model_config(**changes) -> schema.ModelConfig:
    """The small backbone and narrow embedders, from scratch."""
    config = schema.ModelConfig(
        backbone="small",
        weights="none",
        train_base="train_all",
        embedding_size=6,
        conv=schema.ConvEmbedderConfig(
            capacity=1, conv_channels=(4, 4), fc_channels=(8, 5)
        ),
        convgru=schema.ConvGRUEmbedderConfig(
            conv_channels=(8, 4), gru_units=(5, 6)
        ),
        light=schema.LightEmbedderConfig(
            cell_channels=(4,), fc_channels=(8, 5)
        ),
    )
    for name, value in changes.items():
        setattr(config, name, value)
    return config
