# Wrong: looks for batch norms by type.
def is_batch_coupled(module, x):
    kinds = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
    return any(isinstance(part, kinds) and part.training for part in module.modules())
