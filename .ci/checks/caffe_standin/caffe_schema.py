"""The fields of BVLC Caffe's caffe.proto that a prototxt may hold: anything else is a parse failure, as in Caffe.

`FORK_FIELDS` adds those of the forks whose layers `fork_layers` knows.
"""

from .schema import build_messages

BLOB_AND_FILLER = """
BlobShape
    dim*:I
FillerParameter
    type:s=constant value:f=0 min:f=0 max:f=1 mean:f=0 std:f=1 sparse:i=-1 variance_norm:VarianceNorm=FAN_IN
"""

NET = """
NetParameter
    name:s input*:s input_shape*:BlobShape input_dim*:i force_backward:b=false state:NetState debug_info:b=false
    layer*:LayerParameter layers*:V1LayerParameter
NetState
    phase:Phase=TEST level:i=0 stage*:s
NetStateRule
    phase:Phase min_level:i max_level:i stage*:s not_stage*:s
ParamSpec
    name:s share_mode:DimCheckMode=STRICT lr_mult:f=1 decay_mult:f=1
"""

# Parameters that both formats of a layer know, and those that came later.
SHARED_PARAMETERS = """
    accuracy_param:AccuracyParameter argmax_param:ArgMaxParameter concat_param:ConcatParameter
    contrastive_loss_param:ContrastiveLossParameter convolution_param:ConvolutionParameter data_param:DataParameter
    dropout_param:DropoutParameter dummy_data_param:DummyDataParameter eltwise_param:EltwiseParameter
    exp_param:ExpParameter hdf5_data_param:HDF5DataParameter hdf5_output_param:HDF5OutputParameter
    hinge_loss_param:HingeLossParameter image_data_param:ImageDataParameter infogain_loss_param:InfogainLossParameter
    inner_product_param:InnerProductParameter lrn_param:LRNParameter memory_data_param:MemoryDataParameter
    mvn_param:MVNParameter pooling_param:PoolingParameter power_param:PowerParameter relu_param:ReLUParameter
    sigmoid_param:SigmoidParameter softmax_param:SoftmaxParameter slice_param:SliceParameter tanh_param:TanHParameter
    threshold_param:ThresholdParameter window_data_param:WindowDataParameter transform_param:TransformationParameter
    loss_param:LossParameter
"""

LAYERS = f"""
LayerParameter
    name:s type:s bottom*:s top*:s phase:Phase loss_weight*:f param*:ParamSpec propagate_down*:b include*:NetStateRule
    exclude*:NetStateRule {SHARED_PARAMETERS} batch_norm_param:BatchNormParameter bias_param:BiasParameter
    clip_param:ClipParameter crop_param:CropParameter elu_param:ELUParameter embed_param:EmbedParameter
    flatten_param:FlattenParameter input_param:InputParameter log_param:LogParameter parameter_param:ParameterParameter
    prelu_param:PReLUParameter python_param:PythonParameter recurrent_param:RecurrentParameter
    reduction_param:ReductionParameter reshape_param:ReshapeParameter scale_param:ScaleParameter spp_param:SPPParameter
    swish_param:SwishParameter tile_param:TileParameter {{fork_parameters}}
V1LayerParameter
    bottom*:s top*:s name:s include*:NetStateRule exclude*:NetStateRule type:V1LayerType=NONE param*:s
    blob_share_mode*:DimCheckMode blobs_lr*:f weight_decay*:f loss_weight*:f layer:V0LayerParameter {SHARED_PARAMETERS}
V0LayerParameter
"""

PARAMETERS = """
TransformationParameter
    scale:f=1 mirror:b=false crop_size:u=0 mean_file:s mean_value*:f force_color:b=false force_gray:b=false
LossParameter
    ignore_label:i normalization:NormalizationMode=VALID normalize:b
AccuracyParameter
    top_k:u=1 axis:i=1 ignore_label:i
ArgMaxParameter
    out_max_val:b=false top_k:u=1 axis:i
ClipParameter
    min!:f max!:f
ConcatParameter
    axis:i=1 concat_dim:u=1
BatchNormParameter
    use_global_stats:b moving_average_fraction:f=.999 eps:f=1e-5 {fork_batch_norm}
BiasParameter
    axis:i=1 num_axes:i=1 filler:FillerParameter
ContrastiveLossParameter
    margin:f=1 legacy_version:b=false
ConvolutionParameter
    num_output:u=0 bias_term:b=true pad*:u kernel_size*:u stride*:u dilation*:u pad_h:u=0 pad_w:u=0 kernel_h:u=0
    kernel_w:u=0 stride_h:u=0 stride_w:u=0 group:u=1 weight_filler:FillerParameter bias_filler:FillerParameter
    engine:Engine=DEFAULT axis:i=1 force_nd_im2col:b=false
CropParameter
    axis:i=2 offset*:u
DataParameter
    source:s batch_size:u rand_skip:u=0 backend:DB=LEVELDB scale:f=1 mean_file:s crop_size:u=0 mirror:b=false
    force_encoded_color:b=false prefetch:u=4
DropoutParameter
    dropout_ratio:f=.5
DummyDataParameter
    data_filler*:FillerParameter shape*:BlobShape num*:u channels*:u height*:u width*:u
EltwiseParameter
    operation:EltwiseOp=SUM coeff*:f stable_prod_grad:b=true
ELUParameter
    alpha:f=1
EmbedParameter
    num_output:u input_dim:u bias_term:b=true weight_filler:FillerParameter bias_filler:FillerParameter
ExpParameter
    base:f=-1 scale:f=1 shift:f=0
FlattenParameter
    axis:i=1 end_axis:i=-1
HDF5DataParameter
    source:s batch_size:u shuffle:b=false
HDF5OutputParameter
    file_name:s
HingeLossParameter
    norm:Norm=L1
ImageDataParameter
    source:s batch_size:u=1 rand_skip:u=0 shuffle:b=false new_height:u=0 new_width:u=0 is_color:b=true scale:f=1
    mean_file:s crop_size:u=0 mirror:b=false root_folder:s
InfogainLossParameter
    source:s axis:i=1
InnerProductParameter
    num_output:u=0 bias_term:b=true weight_filler:FillerParameter bias_filler:FillerParameter axis:i=1 transpose:b=false
InputParameter
    shape*:BlobShape
LogParameter
    base:f=-1 scale:f=1 shift:f=0
LRNParameter
    local_size:u=5 alpha:f=1 beta:f=.75 norm_region:NormRegion=ACROSS_CHANNELS k:f=1 engine:Engine=DEFAULT
MemoryDataParameter
    batch_size:u channels:u height:u width:u
MVNParameter
    normalize_variance:b=true across_channels:b=false eps:f=1e-9
ParameterParameter
    shape:BlobShape
PoolingParameter
    pool:PoolMethod=MAX pad:u=0 pad_h:u=0 pad_w:u=0 kernel_size:u=0 kernel_h:u=0 kernel_w:u=0 stride:u=1 stride_h:u=0
    stride_w:u=0 engine:Engine=DEFAULT global_pooling:b=false round_mode:RoundMode=CEIL
PowerParameter
    power:f=1 scale:f=1 shift:f=0
PReLUParameter
    filler:FillerParameter channel_shared:b=false
PythonParameter
    module:s layer:s param_str:s share_in_parallel:b=false
RecurrentParameter
    num_output:u=0 weight_filler:FillerParameter bias_filler:FillerParameter debug_info:b=false expose_hidden:b=false
ReductionParameter
    operation:ReductionOp=SUM axis:i=0 coeff:f=1
ReLUParameter
    negative_slope:f=0 engine:Engine=DEFAULT
ReshapeParameter
    shape:BlobShape axis:i=0 num_axes:i=-1
ScaleParameter
    axis:i=1 num_axes:i=1 filler:FillerParameter bias_term:b=false bias_filler:FillerParameter
SigmoidParameter
    engine:Engine=DEFAULT
SliceParameter
    axis:i=1 slice_point*:u slice_dim:u=1
SoftmaxParameter
    engine:Engine=DEFAULT axis:i=1
SPPParameter
    pyramid_height:u pool:PoolMethod=MAX engine:Engine=DEFAULT
SwishParameter
    beta:f=1
TanHParameter
    engine:Engine=DEFAULT
ThresholdParameter
    threshold:f=0
TileParameter
    axis:i=1 tiles:i=0
WindowDataParameter
    source:s scale:f=1 mean_file:s batch_size:u crop_size:u=0 mirror:b=false fg_threshold:f=.5 bg_threshold:f=.5
    fg_fraction:f=.25 context_pad:u=0 crop_mode:s=warp cache_images:b=false root_folder:s
"""

FORK_FIELDS = """
UpsampleParameter
    scale:i=1
BNParameter
    scale_filler:FillerParameter shift_filler:FillerParameter bn_mode:BNMode=LEARN
"""

CAFFE = BLOB_AND_FILLER + NET + LAYERS + PARAMETERS
MESSAGES = build_messages(CAFFE.format(fork_parameters="", fork_batch_norm=""))
FORK_MESSAGES = build_messages(
    FORK_FIELDS
    + CAFFE.format(
        fork_parameters="upsample_param:UpsampleParameter bn_param:BNParameter",
        fork_batch_norm="scale_filler:FillerParameter bias_filler:FillerParameter scale_bias:b=false",
    )
)
